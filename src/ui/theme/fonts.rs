//! The fonts of the window: one for texts, one with digits of equal width for names and numbers, and one of icons.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily};

const TEXT: &str = "Inter";
const MONO: &str = "JetBrains Mono";
const ICONS: &str = "Lucide";

/// Returns the family of icons.
#[must_use]
pub(crate) fn icons() -> FontFamily {
    FontFamily::Name(ICONS.into())
}

/// Installs the fonts before the ones of egui, which have characters that these lack.
pub(super) fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, bytes: &'static [u8]| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    };
    add(TEXT, include_bytes!("../../../assets/fonts/Inter-Regular.otf"));
    add(MONO, include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"));
    add(ICONS, lucide_icons::LUCIDE_FONT_BYTES);
    let texts = fonts.families.entry(FontFamily::Proportional).or_default();
    let others = texts.clone();
    texts.splice(0..0, [TEXT, MONO].map(str::to_owned));
    let monos = fonts.families.entry(FontFamily::Monospace).or_default();
    monos.insert(0, MONO.to_owned());
    let missing: Vec<String> = others.into_iter().filter(|name| !monos.contains(name)).collect();
    monos.extend(missing);
    fonts.families.insert(icons(), vec![ICONS.to_owned(), TEXT.to_owned()]);
    ctx.set_fonts(fonts);
}
