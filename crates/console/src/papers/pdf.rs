//! A paper as PDF/A-2u: the font is embedded as far as its letters are used, every letter can be copied, and the same paper
//! has the same bytes.

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime as PdfTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};

use super::typeface::{Typeface, lacking, width};
use super::typeset::{Contents, HEIGHT, Mark, WIDTH, pages};

/// What is known of a paper beside what stands on it.
#[derive(Debug, Clone)]
pub struct About {
    pub language: &'static str,
    /// The document and its version.
    pub id: String,
    /// When the document was as it is: the file says that it was made then.
    pub made: DateTime<Utc>,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// The font lacks a letter of it.
    #[error("the font lacks {0}")]
    Letter(char),
    #[error("a paper could not be written: {0}")]
    Fault(String),
}

fn fault(error: impl std::fmt::Debug) -> PdfError {
    PdfError::Fault(format!("{error:?}"))
}

/// The bytes of a paper; `foot` says what stands at the foot of a page, of so many.
pub fn written(
    contents: &Contents,
    about: &About,
    typeface: Typeface,
    foot: &dyn Fn(usize, usize) -> String,
) -> Result<Vec<u8>, PdfError> {
    let face = typeface.face().ok_or_else(|| fault("the font cannot be read"))?;
    let measure = |text: &str, size: i32| width(&face, text, size);
    let pages = pages(contents, &measure, foot);
    let texts = pages.iter().flatten().filter_map(|mark| match mark {
        Mark::Text { text, .. } => Some(text),
        Mark::Dark { .. } => None,
    });
    if let Some(letter) = texts.into_iter().find_map(|text| lacking(&face, text)) {
        return Err(PdfError::Letter(letter));
    }
    let configuration =
        ConfigurationBuilder::new().with_archival_validator(Archival::A2_U).finish().map_err(fault)?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let Typeface { bytes, index } = typeface;
    let font = Font::new(bytes.into(), index).ok_or_else(|| fault("the font cannot be embedded"))?;
    // an A4 page in points; marks are placed in twentieths of them
    let [wide, high] = [WIDTH / 20, HEIGHT / 20].map(place);
    for marks in &pages {
        let settings = PageSettings::from_wh(wide, high).ok_or_else(|| fault("the page has no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.push_transform(&Transform::from_scale(0.05, 0.05));
        surface.set_fill(Some(Fill {
            paint: rgb::Color::new(0, 0, 0).into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::default(),
        }));
        draw(&mut surface, &font, marks);
        surface.pop();
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(contents, about));
    document.finish().map_err(fault)
}

/// Whole units as the writer takes them; none is beyond the page.
fn place(units: i32) -> f32 {
    f32::from(i16::try_from(units).unwrap_or(i16::MAX))
}

fn draw(surface: &mut Surface<'_>, font: &Font, marks: &[Mark]) {
    let mut dark = PathBuilder::new();
    for mark in marks {
        match mark {
            Mark::Text { x, y, size, text } => {
                let from = Point::from_xy(place(*x), place(*y));
                surface.draw_text(from, font.clone(), place(*size), text, false, TextDirection::LeftToRight);
            }
            Mark::Dark { x, y, width, height } => {
                let rect = Rect::from_xywh(place(*x), place(*y), place(*width), place(*height));
                rect.into_iter().for_each(|rect| dark.push_rect(rect));
            }
        }
    }
    if let Some(path) = dark.finish() {
        surface.draw_path(&path);
    }
}

fn metadata(contents: &Contents, about: &About) -> Metadata {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let made = about.made;
    let made = PdfTime::new(u16::try_from(made.year()).unwrap_or_default())
        .month(small(made.month()))
        .day(small(made.day()))
        .hour(small(made.hour()))
        .minute(small(made.minute()))
        .second(small(made.second()))
        .utc_offset_hour(0);
    Metadata::new()
        .title(format!("{} {}", contents.title, contents.number))
        .authors(vec![contents.office.clone()])
        .creator("subsidy-ledger".to_owned())
        .language(about.language.to_owned())
        .document_id(about.id.clone())
        .creation_date(made)
}
