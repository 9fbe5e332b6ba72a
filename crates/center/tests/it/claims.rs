//! The claims entry as a facility and an operator see it: filing, account, a month's claims sent, checked, accepted.

mod changed;
mod close;
mod corrections;
mod faults;
mod found;
mod listed;
mod misuse;
mod month;
mod notices;
mod schemes;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use api::claims::submission::{ClaimsFinding, ClaimsResult, ClaimsSubmission};
use api::claims::{ClaimsSession, ClaimsSignIn, ClaimsUploadEnd, NewClaimsFiling, NewClaimsUpload};
use api::client::ClientError;
use api::client::claims::ClaimsFile;
use api::session::PasswordChange;
use center::claims::operating::{ClaimsAccountName, ClaimsOrder, ClaimsReply, NewClaimsOpening};
use center::control::{Order, Reply, send};
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::claims::ReviewBody;
use domain::coverage::Registration;
use domain::facility_kind::FacilityKind;
use domain::medical_aid::TreatmentMonth;
use sha2::{Digest, Sha256};
use synthetic::claims::{Clinic as MadeClinic, MadeClaim};
use synthetic::population::Population;

use crate::world::{Clinic, World, check};

const SEED: u64 = 5;

/// A day on which claims are taken: 2026-10-07, noon in Japan.
pub(crate) const IN_TIME: &str = "2026-10-07T12:00:00+09:00";

/// What a claims account's holder chooses.
const OWN_PASSWORD: &str = "Seikyu-7654321";

/// A clinic that may hand claims in to a review body, with a session.
pub(crate) struct Claimant {
    pub(crate) world: World,
    pub(crate) clinic: Clinic,
    pub(crate) code: String,
    pub(crate) session: ClaimsSession,
}

/// A center whose clock begins at an instant.
pub(crate) async fn world_at(text: &str) -> World {
    let micros = Instant::parse(text).unwrap().as_micros();
    let micros = Arc::new(AtomicI64::new(micros));
    World::start_in(tempfile::tempdir().unwrap(), micros).await
}

pub(crate) fn made(review_body: ReviewBody) -> MadeClinic {
    MadeClinic {
        kind: FacilityKind::Medical,
        review_body,
        month: TreatmentMonth::parse_iso("2026-09").unwrap(),
    }
}

pub(crate) fn people(count: u64) -> Vec<Registration> {
    let population = Population::new(SEED);
    (0..count).filter_map(|it| population.person(it)).collect()
}

pub(crate) fn claims(clinic: &MadeClinic, people: &[Registration]) -> Vec<MadeClaim> {
    let mut made: Vec<MadeClaim> = Vec::new();
    for (index, person) in (0..).zip(people) {
        let number = u32::try_from(made.len()).unwrap() + 1;
        made.extend(clinic.claim((SEED, index), person, number));
    }
    made
}

pub(crate) fn file(clinic: &MadeClinic, claims: &[MadeClaim]) -> Vec<u8> {
    let mut bytes = clinic.header().unwrap();
    bytes.extend(claims.iter().flat_map(|it| it.bytes(clinic)));
    let parts = claims.iter().map(MadeClaim::parts).sum();
    let points = claims.iter().map(|it| it.points).sum();
    bytes.extend(clinic.end(parts, points).unwrap());
    bytes
}

pub(crate) async fn order(world: &World, order: ClaimsOrder) -> ClaimsReply {
    match send(world.dir.path(), &Order::Claims(order)).await.unwrap() {
        Reply::Claims(reply) => reply,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn refused_order(world: &World, order: ClaimsOrder) -> String {
    match send(world.dir.path(), &Order::Claims(order)).await.unwrap() {
        Reply::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn name(tenant: &str, code: &str, id: &str) -> ClaimsAccountName {
    ClaimsAccountName {
        tenant: tenant.into(),
        code: code.into(),
        id: id.into(),
    }
}

/// Makes an account; its first password.
pub(crate) async fn account(world: &World, tenant: &str, code: &str, id: &str) -> String {
    let order_of = ClaimsOrder::AddAccount(name(tenant, code, id), "請求係".into());
    let ClaimsReply::Account(made) = order(world, order_of).await else {
        panic!("no account");
    };
    made.password
}

/// Files for a PC, hands the filing in, and has it accepted.
pub(crate) async fn file_for(world: &World, clinic: &Clinic, token: &str, tenant: &str) {
    file_from(world, (clinic, token), tenant, "2026-04-01").await;
}

/// The same, from a day on.
pub(crate) async fn file_from(
    world: &World,
    (clinic, token): (&Clinic, &str),
    tenant: &str,
    day: &str,
) {
    let filing = NewClaimsFiling {
        kind: "first_use".into(),
        line: "ip_vpn".into(),
        starts_on: day.into(),
        tenant: tenant.into(),
        terminal: clinic.enrolled.terminal.clone(),
    };
    let key = uuid::Uuid::now_v7().to_string();
    let made = clinic.client.make_claims_filing(token, &key, &filing).await;
    let made = made.unwrap();
    assert_eq!(made.state, "made");
    let handed = clinic.client.hand_in_claims_filing(token, &made.id).await;
    assert_eq!(handed.unwrap().state, "handed_in");
    order(world, ClaimsOrder::AcceptFiling(made.id)).await;
}

pub(crate) fn sign_in(tenant: &str, account: &str, password: &str) -> ClaimsSignIn {
    ClaimsSignIn {
        account: account.into(),
        force: true,
        password: password.into(),
        tenant: tenant.into(),
    }
}

/// Signs in with a first password and chooses one.
pub(crate) async fn first_session(
    clinic: &Clinic,
    tenant: &str,
    id: &str,
    first: &str,
) -> ClaimsSession {
    let asked = sign_in(tenant, id, first);
    let session = clinic.client.claims_sign_in(&asked).await.unwrap();
    assert!(session.password.change_needed);
    let change = PasswordChange {
        new_password: OWN_PASSWORD.into(),
        old_password: first.into(),
    };
    let client = &clinic.client;
    check(
        client.claims_submissions(&session.token).await,
        "password_change_needed",
    );
    let changed = client.change_claims_password(&session.token, &change);
    changed.await.unwrap();
    session
}

impl Claimant {
    /// A clinic of the made-up claims, with those who came among so many people registered.
    pub(crate) async fn start(tenant: &str, registered: &[Registration]) -> Self {
        let world = world_at(IN_TIME).await;
        Self::at(world, tenant, registered).await
    }

    pub(crate) async fn at(world: World, tenant: &str, registered: &[Registration]) -> Self {
        let engine = crate::places::store(&world.dir.path().join("center.db"), 7);
        engine.store_people(registered.to_vec()).await.unwrap();
        let code = made(ReviewBody::Fund).institution_code();
        let clinic = world.enrol(&code).await;
        let (administrator, _) = clinic.administrator().await;
        let token = clinic.sign_in_again(&administrator).await;
        file_for(&world, &clinic, &token, tenant).await;
        let first = account(&world, tenant, &code, "seikyu1").await;
        let session = first_session(&clinic, tenant, "seikyu1", &first).await;
        Self {
            world,
            clinic,
            code,
            session,
        }
    }

    pub(crate) fn token(&self) -> &str {
        &self.session.token
    }

    /// Sends a file in requests of so many bytes.
    pub(crate) async fn send(
        &self,
        bytes: &[u8],
        at_once: usize,
    ) -> Result<ClaimsSubmission, ClientError> {
        let id = self.begin().await?;
        self.send_from(&id, bytes, 0, at_once).await?;
        self.end(&id, bytes).await
    }

    /// Sends a file that corrects another submission.
    pub(crate) async fn correct(
        &self,
        bytes: &[u8],
        corrects: &str,
    ) -> Result<ClaimsSubmission, ClientError> {
        let id = self.begin_of(Some(corrects)).await?;
        self.send_from(&id, bytes, 0, 1 << 20).await?;
        self.end(&id, bytes).await
    }

    pub(crate) async fn begin(&self) -> Result<String, ClientError> {
        self.begin_of(None).await
    }

    pub(crate) async fn begin_of(&self, corrects: Option<&str>) -> Result<String, ClientError> {
        let new = NewClaimsUpload {
            file_name: "RECEIPTC.UKE".into(),
            corrects: corrects.map(str::to_owned),
            ..NewClaimsUpload::default()
        };
        let begun = self.clinic.client.begin_claims_upload(self.token(), &new);
        Ok(begun.await?.id)
    }

    pub(crate) async fn send_from(
        &self,
        id: &str,
        bytes: &[u8],
        from: usize,
        at_once: usize,
    ) -> Result<(), ClientError> {
        let mut at = from;
        for piece in bytes[from..].chunks(at_once) {
            let sent =
                self.clinic
                    .client
                    .send_claims(self.token(), (id, at as u64), piece.to_vec());
            at += piece.len();
            assert_eq!(sent.await?.offset, at as u64);
        }
        Ok(())
    }

    pub(crate) async fn end(
        &self,
        id: &str,
        bytes: &[u8],
    ) -> Result<ClaimsSubmission, ClientError> {
        let end = ClaimsUploadEnd {
            sha256: hex(&Sha256::digest(bytes)),
            size_bytes: bytes.len() as u64,
        };
        self.clinic
            .client
            .end_claims_upload(self.token(), id, &end)
            .await
    }

    /// The submission once it is checked.
    pub(crate) async fn checked(&self, id: &str) -> ClaimsSubmission {
        loop {
            let found = self.clinic.client.claims_submission(self.token(), id);
            let found = found.await.unwrap();
            if found.state != "checking" {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn findings(&self, id: &str) -> Vec<ClaimsFinding> {
        let mut all = Vec::new();
        let mut part = Some(0);
        while let Some(of) = part {
            let found = self.clinic.client.claims_findings(self.token(), id, of);
            let found = found.await.unwrap();
            all.extend(found.findings);
            part = found.next;
        }
        all
    }

    pub(crate) async fn results(&self, id: &str) -> Vec<ClaimsResult> {
        let mut all = Vec::new();
        let mut part = Some(0);
        while let Some(of) = part {
            let found = self.clinic.client.claims_results(self.token(), id, of);
            let found = found.await.unwrap();
            all.extend(found.claims);
            part = found.next;
        }
        all
    }

    pub(crate) async fn file(&self, id: &str, file: ClaimsFile) -> String {
        let bytes = self.clinic.client.claims_file(self.token(), id, file);
        String::from_utf8(bytes.await.unwrap().to_vec()).unwrap()
    }

    pub(crate) fn deeds(&self, deed: Deed) -> u64 {
        let engine = crate::places::store(&self.world.dir.path().join("center.db"), 6);
        engine.count_deeds(deed).unwrap()
    }
}

/// The members a problem names, with their codes.
pub(crate) fn members<T: std::fmt::Debug>(
    outcome: Result<T, ClientError>,
    expected: &str,
) -> Vec<(String, String)> {
    match outcome {
        Err(ClientError::Problem(problem)) => {
            assert_eq!(problem.code, expected);
            let errors = problem.errors.iter();
            errors
                .map(|it| (it.member.clone(), it.code.clone()))
                .collect()
        }
        other => panic!("expected {expected}: {other:?}"),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Moves the world's clock.
pub(crate) fn turn_to(world: &World, text: &str) {
    let at = Instant::parse(text).unwrap().as_micros();
    world.micros.store(at, std::sync::atomic::Ordering::SeqCst);
}

pub(crate) fn opening(from: &str, until: &str) -> NewClaimsOpening {
    NewClaimsOpening {
        tenant: None,
        from: from.into(),
        until: until.into(),
        reason: "障害のため締切を延長します".into(),
    }
}
