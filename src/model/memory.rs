//! Memory limits of jobs, and the error for exceeding them.

use std::fmt;
use std::str::FromStr;

use super::human;

/// The memory limit of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MemoryLimit {
    /// The memory that the machine, the container and the limits of the process leave.
    #[default]
    Available,
    Bytes(u64),
    /// No limit, even if the system then kills the process.
    Unlimited,
}

impl MemoryLimit {
    /// Encodes the limit as one number, so that it can be shared without a lock.
    pub(super) fn to_number(self) -> u64 {
        match self {
            Self::Available => 0,
            Self::Bytes(bytes) => bytes.clamp(1, u64::MAX - 1),
            Self::Unlimited => u64::MAX,
        }
    }

    pub(super) fn from_number(number: u64) -> Self {
        match number {
            0 => Self::Available,
            u64::MAX => Self::Unlimited,
            bytes => Self::Bytes(bytes),
        }
    }
}

/// The error for a text that is not a [`MemoryLimit`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected `none`, `available` or a size such as 8GB, 500MB or 1GiB")]
pub struct BadMemoryLimit;

impl FromStr for MemoryLimit {
    type Err = BadMemoryLimit;

    /// Parses `none`, `available`, or a number with a unit.
    fn from_str(text: &str) -> Result<Self, BadMemoryLimit> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "none" => return Ok(Self::Unlimited),
            "available" => return Ok(Self::Available),
            _ => {}
        }
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let number: u64 = text[..digits].parse().map_err(|_| BadMemoryLimit)?;
        let unit: u64 = match text[digits..].trim_start() {
            "" | "b" => 1,
            "kb" => 1000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            "tib" => 1 << 40,
            _ => return Err(BadMemoryLimit),
        };
        number.checked_mul(unit).filter(|bytes| *bytes > 0).map(Self::Bytes).ok_or(BadMemoryLimit)
    }
}

/// The missing memory of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shortage {
    /// Estimated bytes.
    pub needed: u64,
    /// Bytes that the job may use.
    pub available: u64,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (needed, available) = (human::bytes(self.needed), human::bytes(self.available));
        // Avoids two equal numbers after rounding to one decimal.
        let needed = if needed == available { format!("more than {needed}") } else { format!("about {needed}") };
        write!(f, "not enough memory: needs {needed}, {available} is available")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_units_and_anything_else_is_refused() {
        let limit = |text: &str| text.parse::<MemoryLimit>().ok();
        assert_eq!(limit("none"), Some(MemoryLimit::Unlimited));
        assert_eq!(limit("available"), Some(MemoryLimit::Available));
        assert_eq!(limit("8GB"), Some(MemoryLimit::Bytes(8_000_000_000)));
        assert_eq!(limit(" 512 MiB "), Some(MemoryLimit::Bytes(512 << 20)));
        assert_eq!(limit("1000"), Some(MemoryLimit::Bytes(1000)));
        for bad in ["", "GB", "0", "0GB", "-1GB", "1.5GB", "1e9", "8 G B", "99999999999TB", "8GBB"] {
            assert_eq!(limit(bad), None, "{bad}");
        }
        for limit in [MemoryLimit::Available, MemoryLimit::Bytes(7), MemoryLimit::Unlimited] {
            assert_eq!(MemoryLimit::from_number(limit.to_number()), limit);
        }
    }

    #[test]
    fn sizes_that_round_to_the_same_text_are_not_compared() {
        let shortage = Shortage { needed: 5_000_000_001, available: 5_000_000_000 };
        assert_eq!(shortage.to_string(), "not enough memory: needs more than 5.0 GB, 5.0 GB is available");
    }
}
