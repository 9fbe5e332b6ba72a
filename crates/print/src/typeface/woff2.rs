//! Unpacks a font from WOFF2 (W3C WOFF File Format 2.0) whose tables are packed as they are. Refuses fonts whose tables were
//! changed before packing, and fonts larger than any of ours.

use std::io::Read;

use super::UnreadableTypeface;

/// No font of the product comes near it.
const MOST_BYTES: u64 = 64 << 20;

/// Bytes of the header before the table directory.
const HEADER_BYTES: usize = 48;

/// Tags a directory names by number (WOFF2 §4.1).
const KNOWN_TAGS: [&[u8; 4]; 63] = [
    b"cmap", b"head", b"hhea", b"hmtx", b"maxp", b"name", b"OS/2", b"post", b"cvt ", b"fpgm",
    b"glyf", b"loca", b"prep", b"CFF ", b"VORG", b"EBDT", b"EBLC", b"gasp", b"hdmx", b"kern",
    b"LTSH", b"PCLT", b"VDMX", b"vhea", b"vmtx", b"BASE", b"GDEF", b"GPOS", b"GSUB", b"EBSC",
    b"JSTF", b"MATH", b"CBDT", b"CBLC", b"COLR", b"CPAL", b"SVG ", b"sbix", b"acnt", b"avar",
    b"bdat", b"bloc", b"bsln", b"cvar", b"fdsc", b"feat", b"fmtx", b"fvar", b"gvar", b"hsty",
    b"just", b"lcar", b"mort", b"morx", b"opbd", b"prop", b"trak", b"Zapf", b"Silf", b"Glat",
    b"Gloc", b"Feat", b"Sill",
];

struct Table {
    tag: [u8; 4],
    length: usize,
}

/// The font as OpenType. Checksums of its tables are left out: nobody here reads them.
pub(super) fn unpack(woff2: &[u8]) -> Result<Vec<u8>, UnreadableTypeface> {
    let mut from = Bytes { rest: woff2 };
    if from.take(4)? != b"wOF2" {
        return Err(UnreadableTypeface);
    }
    let flavour = from.take(4)?;
    from.take(4)?;
    let count = from.short()?;
    from.take(HEADER_BYTES - 14)?;
    let tables: Vec<Table> = (0..count).map(|_| from.table()).collect::<Result<_, _>>()?;
    let total = tables.iter().map(|it| it.length as u64).sum::<u64>();
    if MOST_BYTES < total {
        return Err(UnreadableTypeface);
    }
    let mut packed = brotli_decompressor::Decompressor::new(from.rest, 1 << 16);
    let mut contents = Vec::new();
    for table in &tables {
        let mut content = vec![0; table.length];
        packed
            .read_exact(&mut content)
            .map_err(|_| UnreadableTypeface)?;
        contents.push((table.tag, content));
    }
    contents.sort();
    opentype(flavour, &contents)
}

/// Header, directory and tables, each at a multiple of four (OpenType, "Organization of an OpenType Font").
fn opentype(flavour: &[u8], tables: &[([u8; 4], Vec<u8>)]) -> Result<Vec<u8>, UnreadableTypeface> {
    let count = u16::try_from(tables.len()).map_err(|_| UnreadableTypeface)?;
    let entries = count.checked_ilog2().ok_or(UnreadableTypeface)? as u16;
    let range = 16 << entries;
    let mut font = flavour.to_vec();
    for number in [count, range, entries, count * 16 - range] {
        font.extend(number.to_be_bytes());
    }
    let mut at = 12 + tables.len() * 16;
    for (tag, content) in tables {
        font.extend(tag);
        for number in [0, at, content.len()] {
            let number = u32::try_from(number).map_err(|_| UnreadableTypeface)?;
            font.extend(number.to_be_bytes());
        }
        at += content.len().next_multiple_of(4);
    }
    for (_, content) in tables {
        font.extend(content);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    Ok(font)
}

struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, many: usize) -> Result<&'a [u8], UnreadableTypeface> {
        let (taken, rest) = self.rest.split_at_checked(many).ok_or(UnreadableTypeface)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, UnreadableTypeface> {
        self.take(1)?.first().copied().ok_or(UnreadableTypeface)
    }

    fn short(&mut self) -> Result<u16, UnreadableTypeface> {
        Ok(u16::from(self.byte()?) << 8 | u16::from(self.byte()?))
    }

    /// A length of up to five bytes, seven bits each (UIntBase128).
    fn length(&mut self) -> Result<usize, UnreadableTypeface> {
        let mut length = 0_usize;
        for _ in 0..5 {
            let byte = self.byte()?;
            length = length << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(length);
            }
        }
        Err(UnreadableTypeface)
    }

    fn table(&mut self) -> Result<Table, UnreadableTypeface> {
        let flags = self.byte()?;
        let known = KNOWN_TAGS.get(usize::from(flags & 0x3f)).copied();
        let tag = match known {
            Some(tag) => *tag,
            None => <[u8; 4]>::try_from(self.take(4)?).map_err(|_| UnreadableTypeface)?,
        };
        // Outlines of TrueType are as they are under number 3, all other tables under 0.
        let as_it_is = if matches!(&tag, b"glyf" | b"loca") {
            3
        } else {
            0
        };
        if flags >> 6 != as_it_is {
            return Err(UnreadableTypeface);
        }
        Ok(Table {
            tag,
            length: self.length()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused_without_a_panic() {
        let ours = ui::assets::find(ui::assets::REGULAR_FONT).unwrap().bytes;
        assert!(unpack(ours).is_ok());
        for cut in [0, 3, 4, 47, 48, 60, ours.len() / 2, ours.len() - 9] {
            assert_eq!(
                unpack(ours.get(..cut).unwrap()),
                Err(UnreadableTypeface),
                "{cut}"
            );
        }
        assert_eq!(unpack(b"OTTO"), Err(UnreadableTypeface));
        let mut changed = ours.to_vec();
        changed[HEADER_BYTES] |= 0x40;
        assert_eq!(unpack(&changed), Err(UnreadableTypeface));
    }
}
