//! What the link app tells the terminal of the same PC: one JSON file in its data folder, replaced as a whole. Holds counts and troubles,
//! no file's name and nothing of people.

use std::path::Path;

use domain::civil_date::Instant;
use serde::{Deserialize, Serialize};

/// The file's name in the link app's data folder.
pub const FILE: &str = "link-state.json";

/// The link app writes it this often at least, in seconds: an older one is of a link app that does not run.
pub const AT_LEAST_EVERY_S: i64 = 10;

/// The largest file read, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// How the link app stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    /// When it was written.
    pub at: String,
    /// The center, as the link app sees it.
    pub center: CenterSeen,
    /// The folder pairs of the settings, in their order.
    pub folders: Vec<FolderState>,
    /// Files and folders synced since the start.
    pub syncs: u64,
    /// Transactions of the journal since the start.
    pub transactions: u64,
}

/// The center, as the link app sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CenterSeen {
    /// When it answered last; absent when it did not since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// Why it gives no answers now; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// One folder pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    /// Its name in the settings.
    pub name: String,
    /// Files in the request folder that are not taken: not whole yet, or nothing for this link app.
    pub not_taken: u64,
    /// Files taken and not answered yet.
    pub waiting: u64,
    /// When the oldest of them was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_taken_at: Option<String>,
    /// Files answered today.
    pub answered_today: u64,
    /// Files rejected today.
    pub rejected_today: u64,
    /// Results that lie longer than their time.
    pub forgotten: u64,
    /// The last trouble; it may be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_trouble: Option<Trouble>,
}

/// Something that did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What.
    pub kind: Kind,
    /// The code of the center's refusal, or what the operating system said.
    pub detail: String,
    /// Since when.
    pub since: String,
    /// Whether it lasts.
    pub lasts: bool,
}

/// What did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No connection with the center.
    Connection,
    /// The center refuses the link app.
    Refused,
    /// The sign-in was refused a moment ago.
    SignIn,
    /// The sealed password cannot be read.
    Secret,
    /// The center's answer is not understood.
    NotUnderstood,
    /// A folder does not answer: its share hangs.
    NoAnswer,
    /// A folder is not there.
    Missing,
    /// A folder takes no writes.
    ReadOnly,
    /// The rights of a folder or file do not suffice, or another program holds it.
    Rights,
    /// The disk is full.
    Full,
    /// A folder lets those whom the setting `shared` names not through.
    Closed,
    /// Results wait because earlier ones of the same names were not taken.
    Held,
    /// Another trouble with a folder or file.
    File,
    /// The journal cannot be written.
    Journal,
    /// Files of a folder pair wait that the settings hold no more.
    NoFolder,
    /// Work on the files was broken off.
    BrokenOff,
}

impl LinkState {
    /// Reads the file of a data folder; `None` when there is none, or none that this version understands.
    #[must_use]
    pub fn read(data_dir: &Path) -> Option<Self> {
        let path = data_dir.join(FILE);
        let size = std::fs::metadata(&path).ok()?.len();
        if MOST_BYTES < size {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Whether it says how the link app stands now: an older one is of a link app that does not run.
    #[must_use]
    pub fn is_current(&self, now: Instant) -> bool {
        Instant::parse(&self.at).is_ok_and(|at| at.seconds_until(now) < 3 * AT_LEAST_EVERY_S)
    }

    /// The code with which the center refuses the link app, as the file says it.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        let trouble = self.center.trouble.as_ref();
        let refused = trouble.filter(|it| it.lasts && it.kind == Kind::Refused);
        refused.map(|it| it.detail.as_str())
    }
}
