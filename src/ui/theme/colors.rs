//! Colors by meaning, for light, dark and high contrast. No other module defines colors.

use std::cmp::Ordering;

use egui::Color32;

/// Colors by meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tokens {
    pub background: Color32,
    /// Bars, headers and side lists.
    pub surface: Color32,
    pub hover: Color32,
    pub selection: Color32,
    /// Selection in a table without keyboard focus.
    pub selection_quiet: Color32,
    pub border: Color32,
    pub text: Color32,
    /// Secondary text, ids, internal and weak edges.
    pub weak: Color32,
    pub accent: Color32,
    pub on_accent: Color32,
    pub property: Color32,
    pub string: Color32,
    pub number: Color32,
    pub code: Color32,
    /// Keywords, comments and punctuation of source text; its strings and numbers have the colors of values.
    pub keyword: Color32,
    pub comment: Color32,
    pub punctuation: Color32,
    pub detached: Color32,
    pub error: Color32,
    pub error_surface: Color32,
    pub percent_bar: Color32,
    /// New and deleted objects in a comparison.
    pub added: Color32,
    pub removed: Color32,
    /// Areas of charts by category: code, strings, arrays, typed arrays, native, objects, system.
    pub categories: [Color32; 7],
    /// Text on these.
    pub on_category: Color32,
    /// Areas of charts by package: the program, the runtime, and the largest installed packages. They also differ for
    /// people who see few colors.
    pub packages: [Color32; 7],
    /// Areas of all other packages.
    pub other_packages: Color32,
    /// Text on these and on `growth`.
    pub on_package: Color32,
    /// Areas of charts by growth: shrank much, shrank, unchanged, grew, grew much. They also differ for people who see few
    /// colors.
    pub growth: [Color32; 5],
}

impl Tokens {
    /// Returns the color of a change: `Greater` is growth.
    #[must_use]
    pub(crate) fn change(&self, order: Ordering) -> Color32 {
        match order {
            Ordering::Greater => self.added,
            Ordering::Less => self.removed,
            Ordering::Equal => self.weak,
        }
    }
}

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

pub(super) const LIGHT: Tokens = Tokens {
    background: rgb(0xff_ff_ff),
    surface: rgb(0xf5_f6_f8),
    hover: rgb(0xee_f2_f8),
    selection: rgb(0xcf_e2_fb),
    selection_quiet: rgb(0xe4_e8_ee),
    border: rgb(0xd8_dc_e2),
    text: rgb(0x1d_21_27),
    weak: rgb(0x57_5f_6b),
    accent: rgb(0x14_5f_c4),
    on_accent: rgb(0xff_ff_ff),
    property: rgb(0x8a_1f_7a),
    string: rgb(0xa8_26_1b),
    number: rgb(0x1a_46_c8),
    code: rgb(0x0b_63_52),
    keyword: rgb(0x7a_24_a8),
    comment: rgb(0x4f_62_4f),
    punctuation: rgb(0x4a_52_5e),
    detached: rgb(0x9c_42_00),
    error: rgb(0xae_1d_24),
    error_surface: rgb(0xfd_ee_ee),
    percent_bar: rgb(0xd3_e4_f8),
    added: rgb(0xa0_2c_1f),
    removed: rgb(0x0b_63_38),
    categories: [
        rgb(0x4f_9e_8b),
        rgb(0xd9_7a_6c),
        rgb(0xe2_b4_52),
        rgb(0xc8_8a_3d),
        rgb(0x9a_7f_c9),
        rgb(0x5b_8f_d6),
        rgb(0xa3_ab_b8),
    ],
    on_category: rgb(0x10_14_1a),
    packages: [
        rgb(0x59_81_cb),
        rgb(0x11_bb_73),
        rgb(0xeb_9a_00),
        rgb(0xd7_58_3f),
        rgb(0xaf_6a_97),
        rgb(0xe9_d2_71),
        rgb(0x99_c2_fc),
    ],
    other_packages: rgb(0xbf_c5_cd),
    on_package: rgb(0x0c_10_18),
    growth: [rgb(0x4c_8f_dc), rgb(0xa3_c8_f2), rgb(0xd2_d5_da), rgb(0xf4_c0_82), rgb(0xe6_81_1e)],
};

pub(super) const DARK: Tokens = Tokens {
    background: rgb(0x17_19_1d),
    surface: rgb(0x1f_22_27),
    hover: rgb(0x26_2b_33),
    selection: rgb(0x1f_41_6b),
    selection_quiet: rgb(0x2e_33_3c),
    border: rgb(0x35_3a_43),
    text: rgb(0xe4_e7_eb),
    weak: rgb(0xaa_b2_be),
    accent: rgb(0x74_b0_ff),
    on_accent: rgb(0x0c_18_2a),
    property: rgb(0xe2_9c_f0),
    string: rgb(0xf5_a0_8a),
    number: rgb(0x9c_c0_ff),
    code: rgb(0x74_d3_bb),
    keyword: rgb(0xd0_a6_ff),
    comment: rgb(0xa2_b8_a4),
    punctuation: rgb(0xb8_c0_cb),
    detached: rgb(0xff_b0_6b),
    error: rgb(0xff_9b_98),
    error_surface: rgb(0x3a_20_22),
    percent_bar: rgb(0x27_3d_59),
    added: rgb(0xff_a5_94),
    removed: rgb(0x7d_da_9c),
    categories: [
        rgb(0x37_7a_6a),
        rgb(0xb0_55_4a),
        rgb(0x8a_67_1c),
        rgb(0x8f_5f_24),
        rgb(0x7d_63_ad),
        rgb(0x43_74_b8),
        rgb(0x66_6e_7b),
    ],
    on_category: rgb(0xff_ff_ff),
    packages: [
        rgb(0x62_7c_e0),
        rgb(0x35_b3_78),
        rgb(0xcf_92_00),
        rgb(0xef_40_4c),
        rgb(0xcb_4f_a1),
        rgb(0xef_d2_73),
        rgb(0x9f_cb_ff),
    ],
    other_packages: rgb(0xba_c0_c8),
    on_package: rgb(0x0c_10_18),
    growth: [rgb(0x56_97_e2), rgb(0xc7_ed_ff), rgb(0x81_87_90), rgb(0xfd_ca_8c), rgb(0xf0_85_1c)],
};

/// High contrast on white: text has at least 7:1 on every background.
pub(super) const LIGHT_CONTRAST: Tokens = Tokens {
    background: rgb(0xff_ff_ff),
    surface: rgb(0xf2_f2_f2),
    hover: rgb(0xe6_ea_f0),
    selection: rgb(0xbe_dc_ff),
    selection_quiet: rgb(0xdd_dd_dd),
    border: rgb(0x55_5a_61),
    text: rgb(0x00_00_00),
    weak: rgb(0x2e_34_3b),
    accent: rgb(0x00_32_8f),
    property: rgb(0x5e_00_50),
    string: rgb(0x7a_0c_04),
    number: rgb(0x00_26_8f),
    code: rgb(0x00_42_36),
    keyword: rgb(0x52_00_82),
    comment: rgb(0x2c_3c_2c),
    punctuation: rgb(0x25_2b_33),
    detached: rgb(0x6b_2a_00),
    error: rgb(0x86_00_0a),
    error_surface: rgb(0xff_f0_f0),
    percent_bar: rgb(0xc3_dc_f8),
    added: rgb(0x7a_12_08),
    removed: rgb(0x00_44_22),
    ..LIGHT
};

/// High contrast on black: text has at least 7:1 on every background.
pub(super) const DARK_CONTRAST: Tokens = Tokens {
    background: rgb(0x00_00_00),
    surface: rgb(0x10_11_13),
    hover: rgb(0x1f_24_2b),
    selection: rgb(0x0b_35_66),
    selection_quiet: rgb(0x2a_2c_30),
    border: rgb(0x9a_a2_ad),
    text: rgb(0xff_ff_ff),
    weak: rgb(0xd8_de_e6),
    accent: rgb(0x9c_ca_ff),
    on_accent: rgb(0x00_00_00),
    property: rgb(0xf6_c2_ff),
    string: rgb(0xff_c4_b2),
    number: rgb(0xc2_da_ff),
    code: rgb(0x9a_f2_dc),
    keyword: rgb(0xe4_c8_ff),
    comment: rgb(0xc4_dc_c6),
    punctuation: rgb(0xe0_e6_ee),
    detached: rgb(0xff_c8_90),
    error: rgb(0xff_be_bb),
    error_surface: rgb(0x33_08_0a),
    percent_bar: rgb(0x16_32_54),
    added: rgb(0xff_c6_ba),
    removed: rgb(0xa8_f5_c0),
    ..DARK
};

/// Returns the relative luminance of a color, from 0 to 1.
fn luminance(color: Color32) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
}

/// Returns the contrast of two colors, from 1 to 21, as WCAG 2 defines it.
#[must_use]
pub fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All themes, with the least contrast of their texts.
    const ALL: [(&str, Tokens, f64); 4] = [
        ("light", LIGHT, 4.5),
        ("dark", DARK, 4.5),
        ("light, high contrast", LIGHT_CONTRAST, 7.0),
        ("dark, high contrast", DARK_CONTRAST, 7.0),
    ];

    #[test]
    fn text_can_be_read_on_every_background_of_all_themes() {
        for (theme, tokens, least) in ALL {
            let backgrounds = [
                ("background", tokens.background),
                ("surface", tokens.surface),
                ("hover", tokens.hover),
                ("selection", tokens.selection),
                ("quiet selection", tokens.selection_quiet),
                ("percent bar", tokens.percent_bar),
            ];
            let texts = [
                ("text", tokens.text),
                ("weak", tokens.weak),
                ("accent", tokens.accent),
                ("property", tokens.property),
                ("string", tokens.string),
                ("number", tokens.number),
                ("code", tokens.code),
                ("keyword", tokens.keyword),
                ("comment", tokens.comment),
                ("punctuation", tokens.punctuation),
                ("detached", tokens.detached),
                ("added", tokens.added),
                ("removed", tokens.removed),
            ];
            for (over, background) in backgrounds {
                for (what, text) in texts {
                    let contrast = contrast(text, background);
                    assert!(contrast >= least, "{theme}: {what} on {over} has {contrast:.2}");
                }
            }
            for category in tokens.categories {
                let contrast = contrast(tokens.on_category, category);
                assert!(contrast >= 4.5, "{theme}: text on {category:?} has {contrast:.2}");
            }
            for package in tokens.packages.into_iter().chain([tokens.other_packages]).chain(tokens.growth) {
                let contrast = contrast(tokens.on_package, package);
                assert!(contrast >= 4.5, "{theme}: text on {package:?} has {contrast:.2}");
            }
            assert!(contrast(tokens.error, tokens.error_surface) >= 4.5, "{theme}: error");
            for (what, fill) in [
                ("accent", tokens.accent),
                ("error", tokens.error),
                ("detached", tokens.detached),
                ("weak", tokens.weak),
            ] {
                assert!(contrast(tokens.on_accent, fill) >= 4.5, "{theme}: text on {what}");
            }
        }
    }
    /// Linear RGB as seen without one of the three kinds of cones, after Machado, Oliveira and Fernandes, “A
    /// Physiologically-based Model for Simulation of Color Vision Deficiency”, 2009; and unchanged.
    const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// Returns a color in CIE L*a*b* as seen with a vision.
    fn lab(color: Color32, vision: [[f64; 3]; 3]) -> [f64; 3] {
        let linear = [color.r(), color.g(), color.b()].map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let dot = |row: [f64; 3], of: [f64; 3]| row.iter().zip(of).map(|(a, b)| a * b).sum::<f64>();
        let seen = vision.map(|row| dot(row, linear).clamp(0.0, 1.0));
        let curve = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = curve(dot([0.4124, 0.3576, 0.1805], seen) / 0.9505);
        let y = curve(dot([0.2126, 0.7152, 0.0722], seen));
        let z = curve(dot([0.0193, 0.1192, 0.9505], seen) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn colors_of_packages_differ_for_every_kind_of_color_vision() {
        for (theme, tokens) in [("light", LIGHT), ("dark", DARK)] {
            let colors: Vec<Color32> = tokens.packages.into_iter().chain([tokens.other_packages]).collect();
            assert_distinct(theme, &colors);
        }
    }

    #[test]
    fn colors_of_growth_differ_for_every_kind_of_color_vision() {
        for (theme, tokens) in [("light", LIGHT), ("dark", DARK)] {
            assert_distinct(theme, &tokens.growth);
        }
    }

    /// Asserts that everybody sees these colors as different ones.
    fn assert_distinct(theme: &str, colors: &[Color32]) {
        for (vision, matrix) in VISIONS {
            for (at, &one) in colors.iter().enumerate() {
                for &other in &colors[at + 1..] {
                    let (a, b) = (lab(one, matrix), lab(other, matrix));
                    let difference = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(difference >= 20.0, "{theme}, {vision}: {one:?} and {other:?}: {difference:.1}");
                }
            }
        }
    }
}
