//! One data file that is built in and may be edited: read anew whenever it changed, refused while it is not good. Keeps a copy of the
//! last good edition beside it, so that a restart brings no older one back.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the data in use come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Example data, built in.
    BuiltIn,
    /// The edited file.
    Edited,
    /// The last good edition of the edited file, which is not good now.
    LastGood,
}

/// A data file as it is now.
#[derive(Debug)]
pub struct Read<T> {
    /// The data in use.
    pub data: Arc<T>,
    /// Where they come from.
    pub origin: Origin,
    /// What is wrong with the edited file: file, line and reason.
    pub trouble: Option<Arc<str>>,
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        Self {
            data: Arc::clone(&self.data),
            origin: self.origin,
            trouble: self.trouble.clone(),
        }
    }
}

/// Turns a text into data, or says what is wrong where.
type Parse<T> = fn(&str) -> Result<T, String>;

/// A data file.
pub struct DataFile<T> {
    edited: PathBuf,
    last_good: PathBuf,
    built_in: &'static str,
    parse: Parse<T>,
    known: Mutex<Option<Known<T>>>,
}

/// What was read last: the text that was seen, and what came of it.
struct Known<T> {
    seen: Option<String>,
    read: Read<T>,
}

impl<T> std::fmt::Debug for DataFile<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataFile({})", self.edited.display())
    }
}

impl<T: Default> DataFile<T> {
    /// The file of a name in a folder. What is built in must be good: a test holds it to that, and in its place the default would show.
    pub(crate) fn new(dir: &Path, name: &str, built_in: &'static str, parse: Parse<T>) -> Self {
        Self {
            edited: dir.join(name),
            last_good: dir.join(format!("{name}.last-good")),
            built_in,
            parse,
            known: Mutex::new(None),
        }
    }

    /// The data now.
    pub fn read(&self) -> Read<T> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = text(&self.edited);
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) => {
                let refused = format!("{}: {error}", self.edited.display());
                return self.refused(known.as_ref(), refused);
            }
        };
        if let Some(known) = known.as_ref().filter(|it| it.seen == seen) {
            return known.read.clone();
        }
        let read = match seen.as_deref() {
            None => self.built_in(),
            Some(edited) => match (self.parse)(edited) {
                Ok(data) => {
                    self.keep(edited);
                    Read {
                        data: Arc::new(data),
                        origin: Origin::Edited,
                        trouble: None,
                    }
                }
                Err(error) => {
                    let refused = format!("{}: {error}", self.edited.display());
                    tracing::warn!(file = %self.edited.display(), "an edited data file is not good; the last good one is used: {error}");
                    self.refused(known.as_ref(), refused)
                }
            },
        };
        *known = Some(Known {
            seen,
            read: read.clone(),
        });
        read
    }

    fn built_in(&self) -> Read<T> {
        let data = (self.parse)(self.built_in).unwrap_or_else(|error| {
            tracing::error!(file = %self.edited.display(), "the data built in are not good: {error}");
            T::default()
        });
        Read {
            data: Arc::new(data),
            origin: Origin::BuiltIn,
            trouble: None,
        }
    }

    /// In place of an edited file that is not good: what was good last, here or before the last start, else what is built in.
    fn refused(&self, known: Option<&Known<T>>, trouble: String) -> Read<T> {
        let before = known.filter(|it| it.read.origin != Origin::BuiltIn);
        let mut read = match before {
            Some(known) => Read {
                origin: Origin::LastGood,
                ..known.read.clone()
            },
            None => self.kept().unwrap_or_else(|| self.built_in()),
        };
        read.trouble = Some(trouble.into());
        read
    }

    fn kept(&self) -> Option<Read<T>> {
        let text = text(&self.last_good).ok().flatten()?;
        let data = (self.parse)(&text).ok()?;
        Some(Read {
            data: Arc::new(data),
            origin: Origin::LastGood,
            trouble: None,
        })
    }

    fn keep(&self, good: &str) {
        if text(&self.last_good).ok().flatten().as_deref() == Some(good) {
            return;
        }
        if let Err(error) = pki::sealed::write_private(&self.last_good, good.as_bytes()) {
            tracing::warn!(error = %error, "the last good edition of a data file is kept until the next start only");
        }
    }
}

fn text(file: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
