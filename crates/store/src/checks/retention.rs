//! Letting old checks go, a month at a time: an event names what went, and the events of the checks themselves stay, so that the audit chain
//! is whole afterwards. Lets nothing go by itself, and no month whose records and events are not as many.

use std::fmt;

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};

use crate::checks::parts;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

/// A month of checks may be let go after so many at the earliest \[ours\]: what rests on a check has ended by then.
pub const LEAST_MONTHS: u16 = 13;

/// Codes of facilities are looked at in slices of this size, a prefecture and a kind each, so that no statement takes long.
const SLICE: i64 = 10_000_000;

/// Slices that hold all codes, of ten digits.
const SLICES: i64 = 1_000;

/// Slices of a file in one transaction.
const AT_ONCE: i64 = 50;

/// Checks whose records go in one transaction, so that no check of a patient waits long for it.
const CHECKS_AT_ONCE: u32 = 2_000;

/// Events are counted in pieces of so many seconds.
const PIECE_S: i64 = 6 * 3_600;

/// The check's identifier is made and its event is written with the check; a clock that was set meanwhile is less far away than this.
pub(super) const NEAR_S: i64 = 86_400;

/// A month of the check log, by the time in the checks' identifiers, in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogMonth(CivilDate);

impl fmt::Display for LogMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl LogMonth {
    fn of(day: CivilDate) -> Self {
        Self(day.plus_days(1 - i32::from(day.day())))
    }

    /// The month of an identifier.
    pub(crate) fn of_id(id: [u8; 16]) -> Self {
        let milliseconds = u128::from_be_bytes(id) >> 80;
        let micros = i64::try_from(milliseconds).unwrap_or_default() * 1_000;
        Self::of(Instant::from_micros(micros).date_in_japan())
    }

    fn next(self) -> Self {
        Self(self.0.plus_months(1))
    }

    fn previous(self) -> Self {
        Self(self.0.plus_months(-1))
    }

    /// The first of those let go one after the other until this one: what of them had to stay may go with this one.
    fn first_gone(self, told: &[Told]) -> Self {
        let mut first = self;
        while told.iter().any(|it| it.month == first.previous()) {
            first = first.previous();
        }
        first
    }

    /// Where its identifiers begin and where they end.
    fn ids(self) -> (Vec<u8>, Vec<u8>) {
        (parts::begin(self.0), parts::begin(self.next().0))
    }
}

/// A month of checks that is old enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldMonth {
    /// Which.
    pub month: LogMonth,
    /// Records of checks that are there.
    pub checks: u64,
    /// Events in the audit chain that vouch for them.
    pub events: u64,
    /// Whether letting it go was begun before and did not come to its end.
    pub is_begun: bool,
}

/// What became of a month to let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetGo {
    /// So many checks are gone, and what belonged to them.
    Done(u64),
    /// Records and events are not as many: nothing was done.
    NotWhole(OldMonth),
}

impl Engine {
    /// The months that are older than so many months as a whole and hold checks, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn old_checks(&self, keep_months: u16, now: Instant) -> Result<Vec<OldMonth>, StoreError> {
        let keep = i32::from(keep_months.max(LEAST_MONTHS));
        let first_kept = LogMonth(LogMonth::of(now.date_in_japan()).0.plus_months(-keep));
        let let_go = self.read(let_go)?;
        let mut months = self.read(|connection| match connection {
            Connection::Sqlite(_) => of_file(connection, first_kept),
            Connection::Postgres(_) => of_server(connection),
        })?;
        months.retain(|it| *it < first_kept);
        let mut old = Vec::new();
        for month in months {
            let checks = self.count_records(month)?;
            let told = let_go.iter().find(|it| it.month == month);
            // A part that is there is let go as well when nothing is in it.
            if 0 < checks || self.is_shared() {
                let events = match told {
                    Some(told) => told.checks,
                    None => self.count_events(month)?,
                };
                let is_begun = told.is_some();
                old.push(OldMonth {
                    month,
                    checks,
                    events,
                    is_begun,
                });
            }
        }
        Ok(old)
    }

    /// Lets a month go: the event that names it comes first, the checks' own records last, so that what was cut off is found again and
    /// goes on.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be gone, and its event says so.
    pub async fn let_go(
        &self,
        old: OldMonth,
        actor: Actor,
        now: Instant,
    ) -> Result<LetGo, StoreError> {
        if !old.is_begun && old.checks != old.events {
            return Ok(LetGo::NotWhole(old));
        }
        let month = old.month;
        let event = Event {
            at: now,
            actor,
            deed: Deed::RecordsLetGo,
            subject: None,
            detail: format!("month={month} checks={}", old.events),
        };
        self.write(move |connection, batch| begin(connection, batch, month, &event))
            .await?;
        let first = month.first_gone(&self.read(let_go)?);
        self.let_cards_go((first, month), now).await?;
        if self.is_shared() {
            self.write(move |connection, _| drop_part(connection, month))
                .await?;
            return Ok(LetGo::Done(old.checks));
        }
        let all = (0..SLICES / AT_ONCE).map(|it| it * AT_ONCE * SLICE);
        for facilities in all.map(|it| (it, it + AT_ONCE * SLICE)) {
            let delete = move |connection: &Connection, _: &mut Batch| {
                delete_checks(connection, month, facilities)
            };
            while self.write_and_rest(delete).await? {}
        }
        Ok(LetGo::Done(old.checks))
    }

    /// Lets go what cards added to the checks of some months. The next checks are looked for before the turn to write is taken.
    async fn let_cards_go(
        &self,
        months: (LogMonth, LogMonth),
        now: Instant,
    ) -> Result<(), StoreError> {
        for slice in 0..SLICES {
            let mut after = (slice * SLICE, Vec::new());
            let end = (slice + 1) * SLICE;
            while let Some(last) =
                self.read(|connection| last_of_next(connection, months, (&after, end), now))?
            {
                let (begin, until) = (after, last.clone());
                let delete = move |connection: &Connection, _: &mut Batch| {
                    delete_cards(connection, months, (&begin, &until), now)
                };
                self.write_and_rest(delete).await?;
                after = last;
            }
        }
        Ok(())
    }

    /// Writes, and then leaves a file to the others who write it for as long as that took: a center in another process looks only now and then
    /// whether it may, and its checks fail when it finds no turn in time. A server lets each writer have its turn by itself.
    async fn write_and_rest<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let begun = std::time::Instant::now();
        let done = self.write(work).await?;
        if !self.is_shared() {
            tokio::time::sleep(begun.elapsed()).await;
        }
        Ok(done)
    }

    fn count_records(&self, month: LogMonth) -> Result<u64, StoreError> {
        let (from, until) = month.ids();
        let mut count = 0;
        for slice in 0..SLICES {
            let (first, end) = (slice * SLICE, (slice + 1) * SLICE);
            count += self.read(|connection| {
                let text = match connection {
                    Connection::Sqlite(_) => {
                        "SELECT count(*) FROM check_of_facility WHERE ?1 <= facility AND facility < ?2 AND ?3 <= id AND id < ?4"
                    }
                    Connection::Postgres(_) => {
                        "SELECT count(*) FROM check_record WHERE ?1 <= facility AND facility < ?2 AND ?3 <= id AND id < ?4"
                    }
                };
                let mut statement = connection.prepare_cached(text)?;
                let counted: u64 =
                    statement.query_row(params![first, end, from, until], |row| row.get(0))?;
                Ok(counted)
            })?;
        }
        if self.is_shared() {
            return Ok(count);
        }
        let waiting = self.read(|connection| {
            let text = "SELECT count(*) FROM check_record WHERE (SELECT seq FROM walk WHERE name = 'indexed') < seq
                AND ?1 <= id AND id < ?2";
            let mut statement = connection.prepare_cached(text)?;
            let counted: u64 = statement.query_row(params![from, until], |row| row.get(0))?;
            Ok(counted)
        })?;
        Ok(count + waiting)
    }

    fn count_events(&self, month: LogMonth) -> Result<u64, StoreError> {
        let (from, until) = month.ids();
        let mut at = Instant::start_of_day_in_japan(month.0).plus_seconds(-NEAR_S);
        let end = Instant::start_of_day_in_japan(month.next().0).plus_seconds(NEAR_S);
        let mut count = 0;
        while at < end {
            let next = at.plus_seconds(PIECE_S);
            count += self.read(|connection| {
                let text = "SELECT count(*) FROM audit_event
                    WHERE ?1 <= at AND at < ?2 AND deed = ?3 AND ?4 <= subject AND subject < ?5";
                let mut statement = connection.prepare_cached(text)?;
                let of = params![
                    at.as_micros(),
                    next.as_micros(),
                    Deed::Check.as_str(),
                    from,
                    until
                ];
                let counted: u64 = statement.query_row(of, |row| row.get(0))?;
                Ok(counted)
            })?;
            at = next;
        }
        Ok(count)
    }
}

/// A month that was let go, as its event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) month: LogMonth,
    pub(crate) checks: u64,
}

/// The months that were let go, as the events in the audit chain say.
pub(crate) fn let_go(connection: &Connection) -> Result<Vec<Told>, StoreError> {
    let text = "SELECT detail FROM audit_event WHERE deed = 'records-let-go'";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let detail: String = row.get(0)?;
        told.push(Told::parse(&detail).ok_or(StoreError::Row("audit_event"))?);
    }
    Ok(told)
}

impl Told {
    fn parse(detail: &str) -> Option<Self> {
        let rest = detail.strip_prefix("month=")?;
        let (month, checks) = rest.split_once(" checks=")?;
        let first = CivilDate::parse_iso(&format!("{month}-01")).ok()?;
        Some(Self {
            month: LogMonth(first),
            checks: checks.parse().ok()?,
        })
    }
}

/// The months of a file: checks lie in the order of time, but for what clocks differ.
fn of_file(connection: &Connection, until: LogMonth) -> Result<Vec<LogMonth>, StoreError> {
    let mut months: Vec<LogMonth> = let_go(connection)?.iter().map(|it| it.month).collect();
    let text = "SELECT id FROM check_record ORDER BY seq LIMIT 1";
    let oldest = connection
        .query_row(text, [], |row| row.get(0))
        .optional()?;
    if let Some(oldest) = oldest {
        let mut month = LogMonth::of_id(oldest);
        while month < until {
            months.push(month);
            month = month.next();
        }
    }
    months.sort_unstable();
    months.dedup();
    Ok(months)
}

/// The months that have a part, and those of what lies in none.
fn of_server(connection: &Connection) -> Result<Vec<LogMonth>, StoreError> {
    let text = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'
        AND relnamespace = 'center'::regnamespace AND relname LIKE 'check\\_record\\_2%'";
    let mut statement = connection.prepare_cached(text)?;
    let names = statement.query_map([], |row| row.get(0))?;
    let mut months = Vec::new();
    for name in names {
        let name: String = name?;
        let digits = name.trim_start_matches("check_record_").split_at_checked(4);
        let first = digits.map(|(year, month)| CivilDate::parse_iso(&format!("{year}-{month}-01")));
        months.extend(first.and_then(Result::ok).map(LogMonth));
    }
    let text = "SELECT id FROM check_record_rest WHERE ?1 <= id ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(text)?;
    let mut from = Vec::new();
    while let Some(id) = statement.query_row([&from], |row| row.get(0)).optional()? {
        let month = LogMonth::of_id(id);
        months.push(month);
        from = month.ids().1;
    }
    months.sort_unstable();
    months.dedup();
    Ok(months)
}

/// Writes the event, unless it is there.
fn begin(
    connection: &Connection,
    batch: &mut Batch,
    month: LogMonth,
    event: &Event,
) -> Result<(), StoreError> {
    if let_go(connection)?.iter().any(|it| it.month == month) {
        return Ok(());
    }
    batch.append(connection, event, None)
}

/// A check by its facility and identifier.
type OfFacility = (i64, Vec<u8>);

/// Which checks by card `k` go, with the months' ends from ?4 on and the time. What was answered at home stays while care at home is in force
/// with the person: what is open, whoever withdraws it, and what was taken back are found by it.
const CARDS_GO: &str = "?4 <= k.id AND k.id < ?5
    AND NOT EXISTS (SELECT 1 FROM home_check c JOIN home_consent h ON h.facility = c.facility
      WHERE c.facility = k.facility AND c.check_id = k.id AND c.agreed IS NOT NULL
        AND h.person = k.person AND h.ended IS NULL AND ?6 < h.until)";

/// The last of the next checks by card that go, of those between one check and the end of some facilities; `None` where there is none.
fn last_of_next(
    connection: &Connection,
    (first_month, last_month): (LogMonth, LogMonth),
    (after, end): (&OfFacility, i64),
    now: Instant,
) -> Result<Option<OfFacility>, StoreError> {
    let text = format!(
        "SELECT n.facility, n.id FROM (SELECT k.facility, k.id FROM card_check k
           WHERE (k.facility, k.id) > (?1, ?2) AND k.facility < ?3 AND {CARDS_GO} ORDER BY k.facility, k.id LIMIT ?7) n
         ORDER BY n.facility DESC, n.id DESC LIMIT 1"
    );
    let (from, until) = (first_month.ids().0, last_month.ids().1);
    let of = params![
        after.0,
        after.1,
        end,
        from,
        until,
        now.as_micros(),
        CHECKS_AT_ONCE
    ];
    let mut statement = connection.prepare_cached(&text)?;
    let last = statement.query_row(of, |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(last.optional()?)
}

/// Deletes what cards added to the checks of some months between two checks: all of a check at once, since answers without their check are a
/// fault to whoever verifies.
fn delete_cards(
    connection: &Connection,
    (first_month, last_month): (LogMonth, LogMonth),
    (after, last): (&OfFacility, &OfFacility),
    now: Instant,
) -> Result<(), StoreError> {
    let (from, until) = (first_month.ids().0, last_month.ids().1);
    let text = format!(
        "DELETE FROM card_check AS k WHERE (k.facility, k.id) > (?1, ?2) AND (k.facility, k.id) <= (?3, ?7) AND {CARDS_GO}"
    );
    connection.prepare_cached(&text)?.execute(params![
        after.0,
        after.1,
        last.0,
        from,
        until,
        now.as_micros(),
        last.1
    ])?;
    for table in ["consent", "home_check"] {
        let text = format!(
            "DELETE FROM {table} WHERE (facility, check_id) > (?1, ?2) AND (facility, check_id) <= (?3, ?4)
             AND ?5 <= check_id AND check_id < ?6
             AND NOT EXISTS (SELECT 1 FROM card_check k WHERE k.facility = {table}.facility AND k.id = {table}.check_id)"
        );
        connection
            .prepare_cached(&text)?
            .execute(params![after.0, after.1, last.0, last.1, from, until])?;
    }
    Ok(())
}

/// Drops a month's part, with what lies in none yet.
fn drop_part(connection: &Connection, month: LogMonth) -> Result<(), StoreError> {
    // Nobody waits long for the lock: where a long reading holds it, this is tried again another time.
    let patience = "2s";
    parts::make(connection, month.0, patience)?;
    let name = parts::name(month.0);
    let drop = format!("SET LOCAL lock_timeout = '{patience}'; DROP TABLE {name}");
    Ok(connection.execute_batch(&drop)?)
}

/// Deletes the next checks of a month at some facilities from a file. True when there may be more.
fn delete_checks(
    connection: &Connection,
    month: LogMonth,
    (first, end): (i64, i64),
) -> Result<bool, StoreError> {
    let (from, until) = month.ids();
    let text = "DELETE FROM check_record WHERE seq IN (
          SELECT check_seq FROM check_of_facility WHERE ?1 <= facility AND facility < ?2 AND ?3 <= id AND id < ?4
          UNION ALL SELECT seq FROM check_record WHERE (SELECT seq FROM walk WHERE name = 'indexed') < seq
            AND ?1 <= facility AND facility < ?2 AND ?3 <= id AND id < ?4
          LIMIT ?5) RETURNING facility, id";
    let mut statement = connection.prepare_cached(text)?;
    let gone = statement.query_map(params![first, end, from, until, CHECKS_AT_ONCE], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let gone = gone.collect::<Result<Vec<(i64, [u8; 16])>, _>>()?;
    let text = "DELETE FROM check_of_facility WHERE facility = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(text)?;
    for (facility, id) in &gone {
        statement.execute(params![facility, id])?;
    }
    Ok(!gone.is_empty())
}
