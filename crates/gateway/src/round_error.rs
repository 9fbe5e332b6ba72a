//! Why the link app cannot go on with something. Nothing is lost by any of it: what was taken stays in the work folder and is answered
//! later.

use api::client::ClientError;
use api::client::machine::MachineError;
use pki::sealed::SealError;
use store::engine::StoreError;

use crate::folders::Folders;

/// Why a round could not go on. What was taken stays in the work folder and is answered later.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// A folder or file.
    #[error(
        "folder {folder}: {error}; its files wait; look at space and rights of req, res, face and work"
    )]
    File {
        /// The folder pair's name.
        folder: String,
        /// What the file system said.
        error: std::io::Error,
    },
    /// The settings name a folder pair no more whose files are under way.
    #[error(
        "folder {0}: files of it are under way, and the settings hold it no more; set it up again until they are answered"
    )]
    NoFolder(String),
    /// The work folder is not the one in which files are under way.
    #[error(
        "folder {0}: files of it are under way in another work folder; set work back, or mount its disk; if that folder is lost, put an \
         empty onshi-work.txt into this one: what was under way is then rejected, and readers' results \
         are made anew"
    )]
    OtherWork(String),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// The center does not answer, or not now.
    #[error("requests wait: {0}")]
    Center(ClientError),
    /// The sealed password of the account.
    #[error("requests wait: {0}")]
    Secret(SealError),
    /// The sign-in was refused a moment ago.
    #[error("requests wait: the link app's sign-in was refused; look at account and secret_file")]
    SignIn,
    /// Work on the files ended unexpectedly.
    #[error("the work on folder {0} was broken off and begins anew")]
    BrokenOff(String),
}

impl From<MachineError> for RoundError {
    fn from(error: MachineError) -> Self {
        match error {
            MachineError::Center(error) => Self::Center(error),
            MachineError::Secret(error) => Self::Secret(error),
        }
    }
}

impl RoundError {
    /// True where the center, or the sign-in there, is in the way, and no folder.
    pub(crate) fn is_at_center(&self) -> bool {
        match self {
            Self::Center(_) | Self::Secret(_) | Self::SignIn => true,
            Self::File { .. }
            | Self::NoFolder(_)
            | Self::OtherWork(_)
            | Self::Journal(_)
            | Self::BrokenOff(_) => false,
        }
    }
}

pub(crate) fn keep_first(stuck: &mut Option<RoundError>, outcome: Result<(), RoundError>) {
    if let (None, Err(error)) = (&stuck, outcome) {
        *stuck = Some(error);
    }
}

pub(crate) fn failed(folders: &Folders, error: std::io::Error) -> RoundError {
    RoundError::File {
        folder: folders.name.clone(),
        error,
    }
}
