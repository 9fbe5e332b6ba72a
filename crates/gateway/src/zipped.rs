//! Password zips: some messages are exchanged as `<prefix>req_<id>.zip` holding the XML (interface §1.1, `encrypt.conf`). Which cipher the
//! official link app uses is not known, so both common ones are read, and the answer's is a setting. A zip bomb is cut off.

use std::io::{Cursor, Read, Write};

use serde::Deserialize;
use zeroize::Zeroizing;
use zip::result::ZipError;
use zip::unstable::write::FileOptionsExt;
use zip::write::FileOptions;
use zip::{AesMode, CompressionMethod, ZipArchive, ZipWriter};

use crate::names::Name;
use crate::spelling::rejection;

/// What protects a zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// PKWARE's old cipher: weak, but the only one that Windows itself opens.
    ZipCrypto,
    /// AES-256 (WinZip AE-2).
    Aes256,
}

/// The cipher of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum AnswerCipher {
    /// That of the request: what its writer writes it can read.
    #[default]
    #[serde(rename = "request")]
    Request,
    /// PKWARE's old cipher.
    #[serde(rename = "zip-crypto")]
    ZipCrypto,
    /// AES-256.
    #[serde(rename = "aes-256")]
    Aes256,
}

/// The prefixes exchanged in zips, with their password.
pub struct Zip {
    prefixes: Vec<String>,
    password: Zeroizing<Vec<u8>>,
    cipher: AnswerCipher,
}

impl std::fmt::Debug for Zip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zip({:?}, {:?}, …)", self.prefixes, self.cipher)
    }
}

/// Why a zip cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ZipTrouble {
    /// It is no zip, or not whole.
    #[error("not a whole zip")]
    Broken,
    /// It holds no file, several, or a folder.
    #[error("not exactly one file in the zip")]
    NotOneFile,
    /// Its file is not protected.
    #[error("the zip has no password")]
    Open,
    /// Another password protects it.
    #[error("the zip's password is another one")]
    WrongPassword,
    /// A cipher or compression that this version does not read.
    #[error("the zip's cipher or compression is not supported")]
    NotSupported,
    /// It unpacks to more than a message may have.
    #[error("the zip unpacks to too much")]
    TooLarge,
    /// This prefix is not exchanged in zips here.
    #[error("zips are not set up for this prefix")]
    NotSetUp,
    /// This prefix is exchanged in zips only.
    #[error("this prefix is exchanged in zips only")]
    OnlyZip,
}

impl Zip {
    /// Prefixes such as `OQSsiquc01`, the password, and the cipher of answers.
    #[must_use]
    pub fn new(prefixes: Vec<String>, password: Zeroizing<Vec<u8>>, cipher: AnswerCipher) -> Self {
        Self {
            prefixes,
            password,
            cipher,
        }
    }

    /// Whether requests of this name are exchanged in zips.
    pub(crate) fn takes(&self, name: &Name) -> bool {
        let text = name.as_str();
        self.prefixes.iter().any(|prefix| {
            text.get(..prefix.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(prefix))
        })
    }

    /// The one file in a zip, and what protected it.
    pub(crate) fn open(&self, bytes: &[u8], most: usize) -> Result<(Vec<u8>, Cipher), ZipTrouble> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(explain)?;
        if archive.len() != 1 {
            return Err(ZipTrouble::NotOneFile);
        }
        let metadata = archive.metadata();
        let entry = metadata.entry(0).map_err(explain)?;
        if !entry.is_file() {
            return Err(ZipTrouble::NotOneFile);
        }
        if !entry.encrypted() {
            return Err(ZipTrouble::Open);
        }
        let cipher = match archive
            .get_aes_verification_key_and_salt(0)
            .map_err(explain)?
        {
            Some(_) => Cipher::Aes256,
            None => Cipher::ZipCrypto,
        };
        let file = archive.by_index_decrypt(0, &self.password);
        let file = file.map_err(explain)?;
        let mut xml = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        // The old cipher tells a wrong password by one byte only; else the checksum or the decompressor finds it.
        file.take(limit)
            .read_to_end(&mut xml)
            .map_err(|_| ZipTrouble::WrongPassword)?;
        if most < xml.len() {
            return Err(ZipTrouble::TooLarge);
        }
        Ok((xml, cipher))
    }

    /// A zip with one file, protected as the settings say or as the request was.
    pub(crate) fn pack(
        &self,
        name: &str,
        bytes: &[u8],
        request: Cipher,
    ) -> Result<Vec<u8>, ZipTrouble> {
        let cipher = match self.cipher {
            AnswerCipher::Request => request,
            AnswerCipher::ZipCrypto => Cipher::ZipCrypto,
            AnswerCipher::Aes256 => Cipher::Aes256,
        };
        self.seal(name, bytes, cipher)
    }

    /// A zip with one file, protected by a cipher.
    pub(crate) fn seal(
        &self,
        name: &str,
        bytes: &[u8],
        cipher: Cipher,
    ) -> Result<Vec<u8>, ZipTrouble> {
        let options = FileOptions::<()>::default().compression_method(CompressionMethod::Deflated);
        let options = match cipher {
            Cipher::Aes256 => options.with_aes_encryption_bytes(AesMode::Aes256, &self.password),
            Cipher::ZipCrypto => options
                .with_deprecated_encryption(&self.password)
                .map_err(explain)?,
        };
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file(name, options).map_err(explain)?;
        writer.write_all(bytes).map_err(|_| ZipTrouble::Broken)?;
        Ok(writer.finish().map_err(explain)?.into_inner())
    }
}

/// A zip with one file and no password.
pub(crate) fn pack_open(name: &str, bytes: &[u8]) -> Result<Vec<u8>, ZipTrouble> {
    let options = FileOptions::<()>::default().compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options).map_err(explain)?;
    writer.write_all(bytes).map_err(|_| ZipTrouble::Broken)?;
    Ok(writer.finish().map_err(explain)?.into_inner())
}

/// Whether a zip has its table of contents, which is written last.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(bytes)).is_ok()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is given to `map_err` as it is"
)]
fn explain(error: ZipError) -> ZipTrouble {
    match error {
        ZipError::InvalidPassword => ZipTrouble::WrongPassword,
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            ZipTrouble::NotSupported
        }
        _ => ZipTrouble::Broken,
    }
}

impl ZipTrouble {
    /// The text of the `.err`.
    pub(crate) fn text(self) -> String {
        tracing::warn!(reason = %self, "a request file was rejected");
        let ja = match self {
            Self::Broken => "zipファイルとして読めません。",
            Self::NotOneFile => "zipの中のファイルが一つではありません。",
            Self::Open => "zipにパスワードがかかっていません。",
            Self::WrongPassword => "zipのパスワードが連携アプリの設定と違います。",
            Self::NotSupported => "zipの暗号または圧縮の方式に対応していません。",
            Self::TooLarge => "zipを展開すると大きすぎます。",
            Self::NotSetUp => "この種類の要求は、このフォルダーではzipで受け付けません。",
            Self::OnlyZip => {
                "この種類の要求は、このフォルダーではパスワード付きzipで受け付けます。"
            }
        };
        let remedy = match self {
            Self::Broken | Self::NotOneFile | Self::TooLarge => (
                "XMLを一つだけ入れたzipを作り直して置いてください。",
                "make the zip anew, with the XML alone in it",
            ),
            Self::NotSupported => (
                "ZipCrypto または AES、圧縮は Deflate または無圧縮にしてください。",
                "use ZipCrypto or AES, deflated or stored",
            ),
            Self::Open | Self::WrongPassword => (
                "レセコンと連携アプリ（gateway.toml の zip_password_file）に同じパスワードを設定してください。",
                "set the same password in the receipt computer and in the link app (zip_password_file of gateway.toml)",
            ),
            Self::NotSetUp | Self::OnlyZip => (
                "gateway.toml の zip をレセコンの設定に合わせてください。",
                "make zip of gateway.toml fit the receipt computer's setting",
            ),
        };
        rejection((ja, &self.to_string()), remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(password: &str, cipher: AnswerCipher) -> Zip {
        let password = Zeroizing::new(password.as_bytes().to_vec());
        Zip::new(vec!["OQSsiquc01".into()], password, cipher)
    }

    #[test]
    fn both_ciphers_are_read_and_the_answer_has_the_requests_or_the_set_one() {
        for (set, request, expected) in [
            (AnswerCipher::Request, Cipher::ZipCrypto, Cipher::ZipCrypto),
            (AnswerCipher::Request, Cipher::Aes256, Cipher::Aes256),
            (AnswerCipher::Aes256, Cipher::ZipCrypto, Cipher::Aes256),
            (AnswerCipher::ZipCrypto, Cipher::Aes256, Cipher::ZipCrypto),
        ] {
            let zip = zip("himitsu", set);
            let packed = zip.pack("a.xml", b"<XmlMsg/>", request).unwrap();
            assert!(is_whole(&packed) && !is_whole(&packed[..packed.len() / 2]));
            assert_eq!(
                zip.open(&packed, 100),
                Ok((b"<XmlMsg/>".to_vec(), expected))
            );
        }
    }

    #[test]
    fn a_wrong_password_is_told_apart() {
        let text = "<XmlMsg>資格</XmlMsg>".repeat(50);
        for cipher in [AnswerCipher::ZipCrypto, AnswerCipher::Aes256] {
            let packed = zip("himitsu", cipher)
                .pack("a.xml", text.as_bytes(), Cipher::Aes256)
                .unwrap();
            for wrong in 0..300 {
                let opened = zip(&format!("chigau{wrong}"), cipher).open(&packed, 1 << 20);
                assert_eq!(opened, Err(ZipTrouble::WrongPassword), "{cipher:?} {wrong}");
            }
        }
    }

    #[test]
    fn a_bomb_is_cut_off() {
        let zip = zip("himitsu", AnswerCipher::Aes256);
        let packed = zip
            .pack("a.xml", &vec![b' '; 50 << 20], Cipher::Aes256)
            .unwrap();
        assert!(packed.len() < 1 << 20);
        assert_eq!(zip.open(&packed, 1 << 20), Err(ZipTrouble::TooLarge));
    }

    #[test]
    fn what_is_no_zip_of_one_protected_file_is_told_apart() {
        let zip = zip("himitsu", AnswerCipher::Request);
        assert_eq!(zip.open(b"%PDF", 9), Err(ZipTrouble::Broken));
        let open = pack_open("a.xml", b"<XmlMsg/>").unwrap();
        assert_eq!(zip.open(&open, 9), Err(ZipTrouble::Open));
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["a.xml", "../../b.xml"] {
            writer
                .start_file(name, FileOptions::<()>::default())
                .unwrap();
        }
        let two = writer.finish().unwrap().into_inner();
        assert_eq!(zip.open(&two, 9), Err(ZipTrouble::NotOneFile));
    }
}
