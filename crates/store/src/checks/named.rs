//! Checks by a part of a name. Names are compared in a form that neither engine makes (`NameForm`), so names alone are read page by page, and
//! the lines of those that fit. Judges nobody's identity.

use domain::emergency::matching_form::NameForm;

use crate::checks::{Line, Search, file, server};
use crate::engine::StoreError;
use crate::sql::{self, Connection};

/// Names read at once.
const AT_ONCE: u32 = 1_000;

/// The names of a check, and where it lies.
pub(super) struct Named {
    pub(super) id: u128,
    name: Option<String>,
    kana: Option<String>,
    /// Its place in a file.
    pub(super) place: i64,
}

impl Named {
    fn read(row: &sql::Row<'_>) -> sql::Result<Self> {
        Ok(Self {
            id: u128::from_be_bytes(row.get(0)?),
            name: row.get(1)?,
            kana: row.get(2)?,
            place: row.get(3)?,
        })
    }

    fn fits(&self, part: &NameForm) -> bool {
        let names = [&self.name, &self.kana].into_iter().flatten();
        let mut forms = names.filter_map(|it| NameForm::of(it));
        forms.any(|it| it.holds(part))
    }
}

/// The lines of a search in whose name or kana a part stands, newest first.
pub(super) fn search(
    connection: &Connection,
    facility: i64,
    (search, part): (&Search, &str),
    waiting: &[i64],
) -> Result<Vec<Line>, StoreError> {
    // Marks alone are no part of any name.
    let Some(part) = NameForm::of(part) else {
        return Ok(Vec::new());
    };
    let most = search.limit as usize;
    let mut page = Search {
        limit: AT_ONCE,
        ..search.clone()
    };
    let mut lines = Vec::new();
    loop {
        let names = names(connection, facility, &page, waiting)?;
        for named in names.iter().filter(|it| it.fits(&part)) {
            let line = match connection {
                Connection::Sqlite(_) => file::line_of(connection, named)?,
                Connection::Postgres(_) => server::line_of(connection, facility, named)?,
            };
            lines.extend(line);
            if most <= lines.len() {
                return Ok(lines);
            }
        }
        if names.len() < AT_ONCE as usize {
            return Ok(lines);
        }
        page.after = names.last().map(|it| it.id);
    }
}

/// A page of names, newest first.
fn names(
    connection: &Connection,
    facility: i64,
    page: &Search,
    waiting: &[i64],
) -> Result<Vec<Named>, StoreError> {
    let mut names = match connection {
        Connection::Sqlite(_) => {
            let of = (page, waiting);
            file::search(connection, facility, of, file::NAMED, Named::read)?
        }
        Connection::Postgres(_) => {
            server::search(connection, facility, page, server::NAMED, Named::read)?
        }
    };
    names.sort_by_key(|it| std::cmp::Reverse(it.id));
    names.dedup_by_key(|it| it.id);
    names.truncate(AT_ONCE as usize);
    Ok(names)
}
