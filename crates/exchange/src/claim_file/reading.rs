//! Line after line: which record, where it may stand, what its fields hold; one claim open at a time. What needs the whole claim is
//! `finished`'s.

use domain::claims::{Place, Severity};
use domain::facility_kind::FacilityKind;

use crate::claim_file::cells::{self, Calendar};
use crate::claim_file::columns::{
    self, Form, Item, Layout, Need, OF_DPC, OF_RETURNS, OF_REVIEW_BODIES,
};
use crate::claim_file::finding::Finding;
use crate::claim_file::finished;
use crate::claim_file::header::{self, Header};
use crate::claim_file::lines::Stop;
use crate::claim_file::open_claim::OpenClaim;
use crate::claim_file::parts;
use crate::claim_file::record::Record;
use crate::claim_file::rule::{Rule, of_claims, of_files};
use crate::claim_file::{Event, Limits, ReadClaim, Summary, Tell};

/// What has been read so far.
pub(crate) struct Reading {
    limits: Limits,
    kind: Option<FacilityKind>,
    header: Option<Header>,
    headers: u32,
    open: Option<OpenClaim>,
    /// The number the next claim should have.
    next_number: u64,
    /// The record before, for what must follow at once.
    before: Option<[u8; 2]>,
    /// Records HO and KO, and the points that count.
    parts: u64,
    points: u64,
    has_total: bool,
    has_seen_text: bool,
    calendar: Option<Calendar>,
    has_mixed: bool,
    /// Refusals and unknown records.
    refusals: u64,
    summary: Summary,
    /// Room for the fields of a line, used again.
    ends: Vec<usize>,
}

impl Reading {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            kind: None,
            header: None,
            headers: 0,
            open: None,
            next_number: 1,
            before: None,
            parts: 0,
            points: 0,
            has_total: false,
            has_seen_text: false,
            calendar: None,
            has_mixed: false,
            refusals: 0,
            summary: Summary {
                header: None,
                claims: 0,
                refused_claims: 0,
                file_findings: 0,
                claim_findings: 0,
                warnings: 0,
                lines: 0,
                bytes: 0,
                sha256: None,
            },
            ends: Vec::new(),
        }
    }

    pub(crate) fn summary(self) -> Summary {
        Summary {
            header: self.header,
            ..self.summary
        }
    }

    /// Tells a finding and counts it.
    pub(crate) fn tell(&mut self, finding: &Finding, tell: Tell<'_>) {
        match finding.severity {
            Severity::File => self.summary.file_findings += 1,
            Severity::Claim => self.summary.claim_findings += 1,
            Severity::Warning => self.summary.warnings += 1,
        }
        if finding.severity != Severity::Warning || *finding.rule == of_claims::RECORD_UNKNOWN {
            self.refusals += 1;
        }
        if finding.severity == Severity::Claim
            && let Some(open) = &mut self.open
        {
            open.is_refused = true;
        }
        tell(Event::Finding(finding));
    }

    /// Takes a line without its line end.
    pub(crate) fn line(&mut self, line: u64, bytes: &[u8], tell: Tell<'_>) -> Result<(), Stop> {
        if !self.has_seen_text && !bytes.is_ascii() {
            self.has_seen_text = true;
            // Nobody writes a line of CP932 that is UTF-8 by chance and kana or kanji in it as well.
            if std::str::from_utf8(bytes).is_ok_and(|text| text.chars().any(|c| '\u{800}' <= c)) {
                return Err((line, &of_files::UTF8));
            }
        }
        if self.has_total {
            return Err((line, &of_files::AFTER_TOTAL));
        }
        let mut ends = std::mem::take(&mut self.ends);
        let record = Record::split(line, bytes, &mut ends);
        tell(Event::Record(&record));
        let outcome = self.record(&record, tell);
        self.before = record.id();
        self.ends = ends;
        if self.limits.refusals <= self.refusals {
            return Err((line, &of_files::TOO_MANY_REFUSED));
        }
        outcome
    }

    /// The file has ended after so many lines, cut off or not.
    pub(crate) fn end(
        &mut self,
        lines: u64,
        cut: Option<Stop>,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        let is_nursing = self.kind == Some(FacilityKind::HomeNursing);
        let cut = cut.map(|(line, rule)| (rule, line));
        let no_total = !is_nursing && !self.has_total;
        self.close(tell)?;
        let missing = no_total.then_some((&of_files::NO_TOTAL, lines));
        let nothing = self.summary.claims == 0 && cut.is_none() && !no_total;
        let empty = nothing.then_some((&of_files::NO_CLAIM, lines));
        for (rule, line) in [cut, missing, empty].into_iter().flatten() {
            self.tell(&Finding::at(rule, Place { line, claim: None }, None), tell);
        }
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>, tell: Tell<'_>) -> Result<(), Stop> {
        let kind = match self.kind {
            Some(kind) => kind,
            None => *self.kind.insert(header::kind_of(record)?),
        };
        let Some(id) = record.id() else {
            self.found(record, &of_claims::RECORD_ID, tell);
            return Ok(());
        };
        let is = |ids: &[&str]| ids.iter().any(|it| it.as_bytes() == id);
        if kind == FacilityKind::Medical && is(&OF_DPC) {
            return Err((record.line, &of_files::DPC_FILE));
        }
        if is(&OF_RETURNS) {
            return Err((record.line, &of_files::RETURNED_FILE));
        }
        let Some(layout) = columns::layout(kind, id) else {
            let rule = if is(&OF_REVIEW_BODIES) {
                &of_claims::RECORD_OF_OTHERS
            } else {
                &of_claims::RECORD_UNKNOWN
            };
            self.found(record, rule, tell);
            self.characters(record, None, tell);
            return Ok(());
        };
        match &id {
            b"IR" | b"UK" | b"YK" | b"HM" => self.head(kind, layout, record, tell),
            b"RE" => self.begin(kind, layout, record, tell),
            b"GO" if kind == FacilityKind::HomeNursing => Ok(()),
            b"GO" => self.total(layout, record, tell),
            _ if self.open.is_none() => {
                self.found(record, &of_claims::BEFORE_CLAIM, tell);
                Ok(())
            }
            _ => {
                self.fields(layout, record, tell);
                self.part(kind, id, layout, record, tell);
                Ok(())
            }
        }
    }

    /// A record of the institution.
    fn head(
        &mut self,
        kind: FacilityKind,
        layout: &'static Layout,
        record: &Record<'_>,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        self.close(tell)?;
        self.fields(layout, record, tell);
        let (header, wrong) = header::read(kind, layout, record);
        for (rule, position) in wrong {
            self.found_at(record, rule, (layout, position), tell);
        }
        let may_repeat = matches!(
            (kind, record.cell(1)),
            (FacilityKind::Dental, b"IR") | (FacilityKind::Pharmacy, b"YK")
        );
        let is_first = record.line == 1;
        if !is_first && (!may_repeat || self.waits_for_claim(kind)) {
            self.found(record, &of_files::HEADER_ORDER, tell);
        }
        if kind == FacilityKind::Pharmacy {
            self.headers += 1;
            if self.limits.headers < self.headers {
                return Err((record.line, &of_files::TOO_MANY_HEADERS));
            }
        }
        match (self.header, header) {
            (None, Some(header)) => self.header = Some(header),
            (Some(first), Some(header)) if !first.goes_with(&header) => {
                self.found(record, &of_files::HEADER_DIFFERS, tell);
            }
            (Some(_) | None, Some(_) | None) => {}
        }
        Ok(())
    }

    /// Whether the record before is a header that a claim must follow at once.
    fn waits_for_claim(&self, kind: FacilityKind) -> bool {
        match kind {
            FacilityKind::Dental => self.before == Some(*b"IR"),
            FacilityKind::Pharmacy => self.before == Some(*b"YK"),
            FacilityKind::Medical | FacilityKind::HomeNursing => false,
        }
    }

    /// A record RE.
    fn begin(
        &mut self,
        kind: FacilityKind,
        layout: &'static Layout,
        record: &Record<'_>,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        self.close(tell)?;
        if self.limits.claims <= self.summary.claims {
            return Err((record.line, &of_files::TOO_MANY_CLAIMS));
        }
        if kind == FacilityKind::Dental && self.before != Some(*b"IR") {
            self.found(record, &of_files::HEADER_ORDER, tell);
        }
        self.summary.claims += 1;
        let place = Place {
            line: record.line,
            claim: Some(self.summary.claims),
        };
        self.open = Some(OpenClaim::begin(place, layout, record));
        self.fields(layout, record, tell);
        let position = layout.position(Item::ClaimNumber).unwrap_or(0);
        if let Some(number) = cells::number(record.cell(position)) {
            // Of several pharmacies in one file each numbers its own.
            let begins_anew = number == 1 && self.before == Some(*b"YK");
            // One number that is mistyped is one finding, and so is a gap.
            let is_own = number == u64::from(self.summary.claims);
            if number != self.next_number && !begins_anew && !is_own {
                let finding = self.finding(record, &of_claims::CLAIM_NUMBER);
                let finding = finding.in_field(position, layout.field(position));
                self.tell(&finding.counted(number, self.next_number), tell);
            }
            self.next_number = number + 1;
        } else {
            self.next_number += 1;
        }
        let position = layout.position(Item::ClaimType).unwrap_or(0);
        let claim_type = self.open.as_ref().and_then(|it| it.claim_type);
        match claim_type {
            Some(it) if it.kind != kind => {
                self.found_at(
                    record,
                    &of_claims::TYPE_OF_OTHER_KIND,
                    (layout, position),
                    tell,
                );
            }
            None if cells::misfit(Form::Fixed(4), record.cell(position)).is_none() => {
                self.found_at(record, &of_claims::CLAIM_TYPE, (layout, position), tell);
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// A record GO.
    fn total(
        &mut self,
        layout: &'static Layout,
        record: &Record<'_>,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        self.close(tell)?;
        self.fields(layout, record, tell);
        self.has_total = true;
        let kind = self.kind.unwrap_or(FacilityKind::Medical);
        if self.waits_for_claim(kind) && self.summary.claims != 0 {
            self.found(record, &of_files::HEADER_ORDER, tell);
        }
        let is_whole = self.header.is_none_or(|it| it.volume == 0);
        if record.cell(4) != b"99" || !is_whole {
            self.found_at(record, &of_files::VOLUME, (layout, 4), tell);
            return Ok(());
        }
        for (position, rule, expected) in [
            (2, &of_files::TOTAL_COUNT, self.parts),
            (3, &of_files::TOTAL_POINTS, self.points),
        ] {
            if record.cell(position).is_empty() {
                self.found_at(record, &of_claims::FIELD_MISSING, (layout, position), tell);
            } else if let Some(found) = cells::number(record.cell(position))
                && found != expected
            {
                let finding = self.finding(record, rule);
                let finding = finding.in_field(position, layout.field(position));
                self.tell(&finding.counted(found, expected), tell);
            }
        }
        Ok(())
    }

    /// A record of the open claim.
    fn part(
        &mut self,
        kind: FacilityKind,
        id: [u8; 2],
        layout: &'static Layout,
        record: &Record<'_>,
        tell: Tell<'_>,
    ) {
        let Some(open) = &mut self.open else { return };
        let wrong = parts::take(open, kind, id, layout, record);
        for (rule, position) in wrong {
            if position == 0 {
                self.found(record, rule, tell);
            } else {
                self.found_at(record, rule, (layout, position), tell);
            }
        }
    }

    /// The open claim has ended.
    fn close(&mut self, tell: Tell<'_>) -> Result<(), Stop> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let (parts, points) = open.totals();
        self.parts += parts;
        self.points = self.points.saturating_add(points);
        let kind = self.kind.unwrap_or(FacilityKind::Medical);
        let mut is_refused = open.is_refused;
        let findings = finished::check(&open, kind, self.header.as_ref());
        for finding in &findings {
            is_refused |= finding.severity == Severity::Claim;
            self.tell(finding, tell);
        }
        let facts = open.facts();
        if facts.is_none() && !is_refused {
            self.tell(
                &Finding::at(&of_claims::FACTS, open.place, Some(*b"RE")),
                tell,
            );
        }
        self.summary.refused_claims += u32::from(is_refused);
        tell(Event::Claim(&ReadClaim {
            place: open.place,
            is_refused,
            points,
            facts,
        }));
        if self.limits.refusals <= self.refusals {
            return Err((open.place.line, &of_files::TOO_MANY_REFUSED));
        }
        Ok(())
    }

    /// Number, characters and forms of a record's fields.
    fn fields(&mut self, layout: &'static Layout, record: &Record<'_>, tell: Tell<'_>) {
        if layout.count != 0 && record.count() != layout.count {
            let finding = self
                .finding(record, &of_claims::FIELD_COUNT)
                .known(layout.mark);
            let finding = finding.counted(record.count() as u64, layout.count as u64);
            self.tell(&finding, tell);
        }
        self.characters(record, Some(layout), tell);
        for (position, field) in (1..).zip(layout.fields) {
            let cell = record.cell(position);
            if field.item == Item::FirstDay {
                continue;
            }
            let rule = match (cell.trim_ascii().is_empty(), field.need) {
                (true, Need::Must) => Some(&of_claims::FIELD_MISSING),
                (true, Need::May | Need::Never) => None,
                (false, Need::Never) => Some(&of_claims::FIELD_NOT_EMPTY),
                (false, Need::Must | Need::May) => cells::misfit(field.form, cell),
            };
            if let Some(rule) = rule {
                self.found_at(record, rule, (layout, position), tell);
            } else if matches!(field.form, Form::Date | Form::Month) {
                self.date(record, position, field.form, layout, tell);
            }
        }
    }

    /// The characters of every field, also of those that are not known.
    fn characters(&mut self, record: &Record<'_>, layout: Option<&'static Layout>, tell: Tell<'_>) {
        let bytes = record.bytes();
        let is_plain = |byte: &u8| matches!(byte, 0x20..=0x7E) && *byte != b'"';
        if bytes.iter().all(is_plain) {
            return;
        }
        for position in 1..=record.count() {
            let cell = record.cell(position);
            let rule = if cell.contains(&b'"') {
                Some(&of_claims::QUOTE)
            } else {
                cells::characters(cell)
            };
            if let Some(rule) = rule {
                let mut finding = self.finding(record, rule);
                finding.position = Some(position);
                finding.field = layout.and_then(|it| it.field(position));
                self.tell(&finding, tell);
            }
        }
    }

    /// Two calendars in one file are told once.
    fn date(
        &mut self,
        record: &Record<'_>,
        position: usize,
        form: Form,
        layout: &'static Layout,
        tell: Tell<'_>,
    ) {
        let cell = record.cell(position);
        let calendar = if form == Form::Date {
            cells::date(cell).map(|(_, calendar)| calendar)
        } else {
            cells::month(cell).map(|(_, calendar)| calendar)
        };
        let Some(calendar) = calendar else { return };
        let known = *self.calendar.get_or_insert(calendar);
        if known != calendar && !self.has_mixed {
            self.has_mixed = true;
            self.found_at(record, &of_files::MIXED_DATES, (layout, position), tell);
        }
    }

    fn finding(&self, record: &Record<'_>, rule: &'static Rule) -> Finding {
        let place = Place {
            line: record.line,
            claim: self.open.as_ref().and_then(|it| it.place.claim),
        };
        Finding::at(rule, place, record.id())
    }

    fn found(&mut self, record: &Record<'_>, rule: &'static Rule, tell: Tell<'_>) {
        let finding = self.finding(record, rule);
        self.tell(&finding, tell);
    }

    fn found_at(
        &mut self,
        record: &Record<'_>,
        rule: &'static Rule,
        (layout, position): (&'static Layout, usize),
        tell: Tell<'_>,
    ) {
        let finding = self.finding(record, rule);
        self.tell(&finding.in_field(position, layout.field(position)), tell);
    }
}
