//! The gateway's settings: one TOML file (contracts §12). Unknown keys are errors; no secret stands in it.

use std::num::NonZeroU32;
use std::path::PathBuf;

use pki::installed::{IdentityName, Installed};
use pki::machine_secret::Account;
use serde::Deserialize;

use crate::zipped::AnswerCipher;

/// `gateway.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of journal, machine key and sealed certificate.
    pub data_dir: PathBuf,
    /// Address of the center's api listener.
    pub center: String,
    /// The center's root certificate, PEM.
    pub ca: PathBuf,
    /// The client certificate.
    pub identity: IdentityName,
    /// The link-app account; its password is sealed with `onshi gateway seal-password`.
    pub account: Account,
    /// The watched folders.
    pub folders: Vec<FolderPair>,
}

/// The folders of one receipt computer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderPair {
    /// Name in journal and logs.
    pub name: String,
    /// Requests.
    pub req: PathBuf,
    /// Results.
    pub res: PathBuf,
    /// Results of readers; may be the same as `res`. Without it readers' results are not delivered here.
    #[serde(default)]
    pub face: Option<PathBuf>,
    /// Files under way: outside the others, on the same file system.
    pub work: PathBuf,
    /// Whom results and folders are for beside the link app's own user: `private` (default) for nobody, `group`, or `everyone`.
    #[serde(default)]
    pub shared: Shared,
    /// Encoding of the answers: `usual` (default), `utf-8`, `shift_jis`, or `request` for that of each request. Results of readers,
    /// which nobody requested, are UTF-8 with `usual` and `request`.
    #[serde(default)]
    pub encoding: AnswerEncoding,
    /// What happens to characters the encoding lacks: `reduced` (default), `black_circle` or `refuse`.
    #[serde(default)]
    pub unrepresentable: UnrepresentablePolicy,
    /// Whether results of bulk messages come as a zip without password that holds the XML.
    #[serde(default)]
    pub bulk_zip: bool,
    /// Whether the link app asks for the results of bulk messages by itself and publishes each when it is there.
    #[serde(default)]
    pub poll_bulk: bool,
    /// Minutes after which a result that still lies in `res` or `face` counts as forgotten by its receipt computer.
    #[serde(default = "default_stay_minutes")]
    pub stay_minutes: NonZeroU32,
    /// What happens to a forgotten result: `report` (default) tells of it in the log and keeps it, `remove` also deletes it.
    #[serde(default)]
    pub forgotten: Forgotten,
    /// What happens to a result while an unread one of the same name lies in `res`: `wait` (default) until that one is gone, or `replace` it,
    /// for receipt computers that keep results in the folder and use names again.
    #[serde(default)]
    pub same_name: SameName,
    /// Messages exchanged in password zips, by prefix such as `OQSmuquc02`; their requests come as `….zip` and nothing else is taken.
    #[serde(default)]
    pub zip: Vec<String>,
    /// File holding the password of the zips, sealed with `onshi gateway seal-zip-password`. Must be given with `zip`.
    #[serde(default)]
    pub zip_password_file: Option<PathBuf>,
    /// Cipher of the zips with answers: `request` (default) for that of the request, `zip-crypto` or `aes-256`.
    #[serde(default)]
    pub zip_cipher: AnswerCipher,
}

impl FolderPair {
    /// Folders with the documented defaults of everything else.
    #[must_use]
    pub fn new(name: &str, req: PathBuf, res: PathBuf, work: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            req,
            res,
            face: None,
            work,
            shared: Shared::default(),
            encoding: AnswerEncoding::default(),
            unrepresentable: UnrepresentablePolicy::default(),
            bulk_zip: false,
            poll_bulk: false,
            stay_minutes: default_stay_minutes(),
            forgotten: Forgotten::default(),
            same_name: SameName::default(),
            zip: Vec::new(),
            zip_password_file: None,
            zip_cipher: AnswerCipher::default(),
        }
    }
}

/// Who beside the link app's own user may read, change and delete results, and use the folders it makes. Files under way and the link app's
/// own data are never shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// Nobody: the receipt computer runs as the same user.
    #[default]
    Private,
    /// The files' group.
    Group,
    /// Every user of the machine.
    Everyone,
}

/// What happens to a text whose characters the answer's encoding lacks. Values that others compare are never changed: an answer with
/// such a one goes in UTF-8, or is not written with `refuse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnrepresentablePolicy {
    /// The reduced form (𠮷 becomes 吉), `●` where there is none; the original stands in a file beside the result.
    #[default]
    Reduced,
    /// `●`, as the original system does; the original stands in a file beside the result.
    BlackCircle,
    /// The answer is not written; an `.err` says so.
    Refuse,
}

/// Encoding of the answers. Receipt computers are known to read consented lists in the encoding they asked in, and single results as
/// UTF-8 only (interface R8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerEncoding {
    /// As clients are known to read them: consented lists in the encoding of the request, all else in UTF-8.
    #[default]
    Usual,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Shift_JIS.
    ShiftJis,
    /// That of the request.
    Request,
}

/// What happens to a result its receipt computer did not take. What the official link app does is not known; the check itself
/// stays in the center's history either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forgotten {
    /// It stays and is told of.
    #[default]
    Report,
    /// It is deleted and told of: a result holds personal data.
    Remove,
}

/// What happens to a result while one of the same name, that of an earlier request, lies in `res`. An `.err` always takes the place of an
/// earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SameName {
    /// It waits until the earlier one is gone.
    #[default]
    Wait,
    /// It takes the earlier one's place, read or unread.
    Replace,
}

/// A day, as seen in an installed link app (`ResponseFileStayTime`, interface §1.1).
fn default_stay_minutes() -> NonZeroU32 {
    NonZeroU32::new(1440).unwrap_or(NonZeroU32::MIN)
}

impl Config {
    /// Where the certificate is installed.
    #[must_use]
    pub fn installed(&self) -> Installed {
        self.identity.installed(&self.data_dir)
    }

    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// The TOML reader's, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "data_dir = \"d\"\ncenter = \"https://center.example:8443\"\nca = \"root.pem\"\n[identity]\nname = \"clinic\"\n\
        [account]\nid = \"link_app\"\nsecret_file = \"link.sealed\"\n[[folders]]\nname = \"receipt\"\nreq = \"q\"\nres = \"s\"\nwork = \"w\"\n";

    #[test]
    fn what_is_left_out_has_the_documented_default() {
        let folders = Config::parse(START).unwrap().folders;
        assert_eq!(folders[0].encoding, AnswerEncoding::Usual);
        assert_eq!(folders[0].unrepresentable, UnrepresentablePolicy::Reduced);
        assert!(!folders[0].poll_bulk && !folders[0].bulk_zip && folders[0].zip.is_empty());
        assert_eq!(folders[0].stay_minutes.get(), 1440);
        assert_eq!(folders[0].forgotten, Forgotten::Report);
        assert_eq!(folders[0].same_name, SameName::Wait);
        assert_eq!(folders[0].shared, Shared::Private);
    }

    #[test]
    fn each_folder_has_its_own_settings_and_wrong_ones_are_named_with_their_line() {
        let set = format!(
            "{START}encoding = \"shift_jis\"\nstay_minutes = 5\nforgotten = \"remove\"\nsame_name = \"replace\"\nshared = \"group\"\n"
        );
        let folders = Config::parse(&set).unwrap().folders;
        assert_eq!(folders[0].shared, Shared::Group);
        assert_eq!(folders[0].encoding, AnswerEncoding::ShiftJis);
        assert_eq!(folders[0].stay_minutes.get(), 5);
        assert_eq!(folders[0].forgotten, Forgotten::Remove);
        assert_eq!(folders[0].same_name, SameName::Replace);
        for wrong in [
            "encoding = \"euc-jp\"",
            "unrepresentable = \"?\"",
            "zip_cipher = \"des\"",
            "stay_minutes = 0",
            "forgotten = \"x\"",
            "same_name = \"keep\"",
            "shared = \"yes\"",
        ] {
            let error = Config::parse(&format!("{START}{wrong}\n")).unwrap_err();
            assert!(error.to_string().contains("line 14"), "{error}");
        }
    }
}
