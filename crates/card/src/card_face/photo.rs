//! The photo of the card: JPEG 2000 from an untrusted card, decoded within bounds. Kept in memory only and wiped when dropped.

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use zeroize::Zeroizing;

/// A decoded photo in grey.
pub struct Photo {
    width: u32,
    height: u32,
    grey: Zeroizing<Vec<u8>>,
}

/// What a photo may be at most. Checked before anything is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoBounds {
    /// Bytes of the JPEG 2000 file.
    pub size_bytes: usize,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Default for PhotoBounds {
    /// About four times the photo described (378 × 472 pixels; files "well above 10 kB" within a card's 32 kB).
    fn default() -> Self {
        Self {
            size_bytes: 64 * 1024,
            width: 1024,
            height: 1024,
        }
    }
}

/// Why there is no photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// More bytes than the bound.
    #[error(
        "顔写真のデータが大きすぎます（{size_bytes}バイト）。 / the photo has too many bytes ({size_bytes})"
    )]
    Size {
        /// What it has.
        size_bytes: usize,
    },
    /// Wider or higher than the bound, or empty.
    #[error(
        "顔写真の大きさ（{width}×{height}）が範囲外です。 / the photo's {width} by {height} pixels are out of bounds"
    )]
    Dimensions {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Not one grey component of eight bits at the start of its grid, as the card's photo is.
    #[error(
        "顔写真が8ビットの白黒画像ではありません。 / the photo is not an image in grey with eight bits"
    )]
    Kind,
    /// Not JPEG 2000, or broken.
    #[error("顔写真を復号できません。 / the photo does not decode")]
    Broken,
}

/// Bits of the one component.
const GREY_BITS: u8 = 8;

/// First box of a JP2 file; a card holds no bare codestream.
const JP2: &[u8] = &[0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20];

/// Start of a codestream and its size marker.
const CODESTREAM: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51];

impl Photo {
    /// Decodes a photo. The decoder is Rust without unsafe code of its own; that it panics on some broken files was seen, and
    /// is [`PhotoError::Broken`].
    ///
    /// # Errors
    /// [`PhotoError`].
    pub fn decode(jp2: &[u8], bounds: PhotoBounds) -> Result<Self, PhotoError> {
        if bounds.size_bytes < jp2.len() {
            let size_bytes = jp2.len();
            return Err(PhotoError::Size { size_bytes });
        }
        if !jp2.starts_with(JP2) {
            return Err(PhotoError::Broken);
        }
        grids(jp2).try_for_each(|grid| grid.check(bounds))?;
        // Nothing of ours is changed before the decoder is through, so there is nothing a panic could leave half done.
        let decoded = catch_unwind(AssertUnwindSafe(|| decode_bounded(jp2, bounds)));
        decoded.unwrap_or(Err(PhotoError::Broken))
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, row by row, 0 black to 255 white.
    #[must_use]
    pub fn grey(&self) -> &[u8] {
        &self.grey
    }
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Photo({} by {})", self.width, self.height)
    }
}

/// The reference grid of a codestream (ISO/IEC 15444-1, A.5.1): the image lies in it from the offset to the end.
struct Grid {
    end: [u32; 2],
    offset: [u32; 2],
}

/// The grids of all codestreams in a file. The decoder tells only how large the image is; far out on the grid it counts for ever.
fn grids(jp2: &[u8]) -> impl Iterator<Item = Grid> {
    let starts = jp2.windows(CODESTREAM.len()).enumerate();
    let starts = starts.filter(|(_, window)| *window == CODESTREAM);
    starts.filter_map(|(at, _)| {
        // Length and capabilities, then the numbers.
        let numbers = jp2.get(at + CODESTREAM.len() + 4..)?;
        let number = |index: usize| {
            let bytes = numbers.get(4 * index..)?.first_chunk::<4>()?;
            Some(u32::from_be_bytes(*bytes))
        };
        Some(Grid {
            end: [number(0)?, number(1)?],
            offset: [number(2)?, number(3)?],
        })
    })
}

impl Grid {
    fn check(&self, bounds: PhotoBounds) -> Result<(), PhotoError> {
        let [width, height] = self.end;
        if self.offset != [0, 0] {
            return Err(PhotoError::Kind);
        }
        let fits = (1..=bounds.width).contains(&width) && (1..=bounds.height).contains(&height);
        fits.then_some(())
            .ok_or(PhotoError::Dimensions { width, height })
    }
}

fn decode_bounded(jp2: &[u8], bounds: PhotoBounds) -> Result<Photo, PhotoError> {
    // No repair of broken files: a card's photo is signed, so it is whole or not the card's.
    let settings = DecodeSettings {
        strict: true,
        ..DecodeSettings::default()
    };
    let image = Image::new(jp2, &settings).map_err(|_| PhotoError::Broken)?;
    let (width, height) = (image.width(), image.height());
    let grid = Grid {
        end: [width, height],
        offset: [0, 0],
    };
    grid.check(bounds)?;
    let grey = matches!(image.color_space(), ColorSpace::Gray);
    if !grey || image.has_alpha() || image.original_bit_depth() != GREY_BITS {
        return Err(PhotoError::Kind);
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| PhotoError::Broken)?;
    let grey = Zeroizing::new(decoded.data_u8());
    let pixels = u64::from(width) * u64::from(height);
    if u64::try_from(grey.len()) != Ok(pixels) {
        return Err(PhotoError::Broken);
    }
    Ok(Photo {
        width,
        height,
        grey,
    })
}
