//! What is told to an insurer of single lines of a batch (結果の通知). Holds no name and no number of anybody but the identifier that the
//! insurer itself sent.

use std::collections::{BTreeMap, BTreeSet};

use domain::feed::BatchNumber;
use domain::insurer_number::InsurerNumber;
use domain::person::PersonId;

use crate::engine::{Engine, StoreError};
use crate::sql::postgres::columns::{column, single};
use crate::sql::{Connection, params};

/// What is remarked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The line was refused; the detail is the reason.
    Refused,
    /// It came late; the detail is the days of employer and insurer.
    Late,
    /// The register, or another insurer, says somebody else; the detail are the items.
    Mismatch,
    /// A full file does not name it; the detail says what became of it.
    Unnamed,
    /// A full file names a coverage that is lost, and stays so; the detail is the day and the reason of the loss.
    Lost,
}

impl What {
    const ALL: [Self; 5] = [
        Self::Refused,
        Self::Late,
        Self::Mismatch,
        Self::Unnamed,
        Self::Lost,
    ];

    /// The name in rows and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Late => "late",
            Self::Mismatch => "mismatch",
            Self::Unnamed => "unnamed",
            Self::Lost => "lost",
        }
    }
}

/// A remark to be noted.
#[derive(Debug, Clone)]
pub struct NewRemark {
    /// The line; 0 where no line is meant.
    pub line: u64,
    /// What it is.
    pub what: What,
    /// Of whom, where the line says so.
    pub person: Option<PersonId>,
    /// The column.
    pub cell: Option<&'static str>,
    /// What is told.
    pub detail: String,
}

impl NewRemark {
    fn line(&self) -> i64 {
        self.line.cast_signed()
    }

    /// A line as a whole was refused, for a reason of this name.
    #[must_use]
    pub fn refused(line: u64, reason: &str) -> Self {
        Self {
            line,
            what: What::Refused,
            person: None,
            cell: None,
            detail: reason.into(),
        }
    }
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The line; 0 where no line is meant.
    pub line: u64,
    /// Its place among those of the line.
    pub place: u64,
    /// What it is.
    pub what: What,
    /// Of whom.
    pub person: Option<PersonId>,
    /// The column.
    pub cell: Option<String>,
    /// What is told.
    pub detail: String,
}

/// How many registrations of an insurer came late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateCount {
    /// The insurer.
    pub insurer: InsurerNumber,
    /// Lines of its published batches.
    pub lines: u64,
    /// Late ones among them.
    pub late: u64,
    /// Those whose notification came late.
    pub by_employer: u64,
    /// Those whose file came late.
    pub by_insurer: u64,
}

impl Engine {
    /// Remarks of a batch in the order of lines, at most so many after a place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remarks(
        &self,
        number: BatchNumber,
        after: Option<(u64, u64)>,
        limit: u32,
    ) -> Result<Vec<Remark>, StoreError> {
        self.registry().read(|connection| {
            let text = "SELECT line, place, what, person, cell, detail FROM feed_remark
                WHERE batch = ?1 AND (?2 < line OR (?2 = line AND ?3 < place)) ORDER BY line, place LIMIT ?4";
            let (line, place) = match after {
                Some((line, place)) => (line.cast_signed(), place.cast_signed()),
                None => (-1, 0),
            };
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![number.as_u32(), line, place, limit])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let (what, person): (String, Option<[u8; 16]>) = (row.get(2)?, row.get(3)?);
                let what = What::ALL.into_iter().find(|it| it.as_str() == what);
                all.push(Remark {
                    line: row.get(0)?,
                    place: row.get(1)?,
                    what: what.ok_or(StoreError::Row("feed_remark"))?,
                    person: person.map(|id| PersonId::from_u128(u128::from_be_bytes(id))),
                    cell: row.get(4)?,
                    detail: row.get(5)?,
                });
            }
            Ok(all)
        })
    }

    /// How many remarks of a kind a batch has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_remarks(&self, number: BatchNumber, what: What) -> Result<u64, StoreError> {
        self.registry().read(|connection| {
            let text = "SELECT count(*) FROM feed_remark WHERE batch = ?1 AND what = ?2";
            let mut statement = connection.prepare_cached(text)?;
            let of = params![number.as_u32(), what.as_str()];
            Ok(statement.query_row(of, |row| row.get(0))?)
        })
    }

    /// Late registrations by insurer, of all published batches whose remarks are kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn late_registrations(&self) -> Result<Vec<LateCount>, StoreError> {
        self.registry().read(|connection| {
            let text = "SELECT b.insurer, CAST(sum(b.accepted) AS BIGINT), CAST(sum(coalesce(r.late, 0)) AS BIGINT),
                  CAST(sum(coalesce(r.employer, 0)) AS BIGINT), CAST(sum(coalesce(r.insurer, 0)) AS BIGINT)
                FROM feed_batch b LEFT JOIN (
                  SELECT batch, count(*) AS late, sum(CASE WHEN detail LIKE '0,%' THEN 0 ELSE 1 END) AS employer,
                    sum(CASE WHEN detail LIKE '%,0' THEN 0 ELSE 1 END) AS insurer
                  FROM feed_remark WHERE what = 'late' GROUP BY batch) r ON r.batch = b.number
                WHERE b.state = 'published' AND b.kind IN ('coverages', 'losses') GROUP BY b.insurer ORDER BY b.insurer";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let insurer = InsurerNumber::from_u32(row.get(0)?);
                all.push(LateCount {
                    insurer: insurer.map_err(|_| StoreError::Row("feed_batch"))?,
                    lines: row.get(1)?,
                    late: row.get(2)?,
                    by_employer: row.get(3)?,
                    by_insurer: row.get(4)?,
                });
            }
            Ok(all)
        })
    }
}

/// What is noted of a batch, written at once: each behind what is noted of its line already.
pub(crate) struct Noted {
    number: BatchNumber,
    remarks: Vec<NewRemark>,
}

impl Noted {
    pub(crate) fn of(number: BatchNumber) -> Self {
        Self {
            number,
            remarks: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, remark: NewRemark) {
        self.remarks.push(remark);
    }

    /// Writes them.
    pub(crate) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        let Connection::Postgres(server) = connection else {
            let mut all = self.remarks.iter();
            return all.try_for_each(|it| put(connection, self.number, it));
        };
        if self.remarks.is_empty() {
            return Ok(());
        }
        let number = i64::from(self.number.as_u32());
        let lines: BTreeSet<i64> = self.remarks.iter().map(NewRemark::line).collect();
        let lines = Vec::from_iter(lines);
        let text = "SELECT at.line, (SELECT max(r.place) FROM feed_remark r WHERE r.batch = ?1 AND r.line = at.line)
            FROM unnest(?2::bigint[]) AS at (line)";
        let mut last: BTreeMap<i64, i64> = BTreeMap::new();
        for row in server.find(text, &[single(number), column(&lines, |it| *it)])? {
            let place: Option<i64> = row.get(1)?;
            last.insert(row.get(0)?, place.unwrap_or(0));
        }
        let placed = self.remarks.iter().map(|it| {
            let place = last.entry(it.line()).or_default();
            *place += 1;
            (*place, it.person.map(|it| it.as_u128().to_be_bytes()), it)
        });
        let placed = Vec::from_iter(placed);
        let text = "INSERT INTO feed_remark (batch, line, place, what, person, cell, detail)
            SELECT ?1::bigint, * FROM unnest(?2::bigint[], ?3::bigint[], ?4::text[], ?5::bytea[], ?6::text[], ?7::text[])";
        let columns = [
            single(number),
            column(&placed, |(_, _, it)| it.line()),
            column(&placed, |(place, _, _)| *place),
            column(&placed, |(_, _, it)| it.what.as_str()),
            column(&placed, |(_, person, _)| person.as_ref().map(|it| &it[..])),
            column(&placed, |(_, _, it)| it.cell),
            column(&placed, |(_, _, it)| it.detail.as_str()),
        ];
        server.put(text, &columns)?;
        Ok(())
    }
}

/// Notes a remark behind those of its line.
fn put(connection: &Connection, number: BatchNumber, it: &NewRemark) -> Result<(), StoreError> {
    let text = "INSERT INTO feed_remark (batch, line, place, what, person, cell, detail)
        VALUES (?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM feed_remark WHERE batch = ?1 AND line = ?2), ?3, ?4, ?5, ?6)";
    connection.prepare_cached(text)?.execute(params![
        number.as_u32(),
        it.line.cast_signed(),
        it.what.as_str(),
        it.person.map(|it| it.as_u128().to_be_bytes()),
        it.cell,
        it.detail
    ])?;
    Ok(())
}
