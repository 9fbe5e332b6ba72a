//! The messages of `/v1` as schemas of the document, each by its name. Serves nothing.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::access::{
    BegunSecondFactor, FactorConfirmation, FactorProof, FactorRemoval, NewPasskeyChallenge,
    NewRecoveryCodes, NewSecondFactor, OwnAccount, PasskeyChallenge, Recovery, RecoveryCodes,
    SecondFactor, SignInRecord, SignIns, SignInsSeen,
};
use crate::account::{Account, AccountChange, Accounts, ImportReport, NewAccount, UnusualSignIn};
use crate::card::{
    Answers, CardCheck, CardCheckRecord, CardCheckRequest, Challenge, ChallengeRequest, Consents,
    Presence, PresenceRenewal,
};
use crate::certificate::{CertificateState, LossReport};
use crate::check::{Answer, CheckRequest, ReceiptAlone};
use crate::claims::submission::{
    ClaimsFindings, ClaimsResults, ClaimsSubmission, ClaimsSubmissions,
};
use crate::claims::{
    ClaimsEntry, ClaimsFiling, ClaimsFilings, ClaimsSession, ClaimsSignIn, ClaimsUpload,
    ClaimsUploadEnd, NewClaimsFiling, NewClaimsUpload,
};
use crate::emergency::{
    AmbulanceAccess, AmbulanceSearch, DisasterCheck, EmergencyReports, EmergencyState,
    NewDisasterCheck, NewOpening, NewReport, Opening, OutageCheck, PersonSearch, SearchOutcome,
};
use crate::event::{
    CardCheckNews, CheckNews, EmergencyNews, RotationNews, SettingsNews, WithdrawalNews,
};
use crate::history::{Export, History, Search};
use crate::medical::document::DocumentRequest;
use crate::medical::looks::{Looks, LooksExport, LooksSearch};
use crate::medical::record::MedicalRecord;
use crate::medical::withdrawal::{WithdrawalDone, WithdrawalRequest};
use crate::medical::{LookRequest, OpenNow, Patients};
use crate::posted_notice::Notices;
use crate::problem::Problem;
use crate::reader::{ModeChange, NewRelease, Reader, ReaderReport, Readers, Release};
use crate::receipt::KeySet;
use crate::rotation::{NewRotation, NextSecret, OwnRotation, Rotation, Rotations};
use crate::screen_lock::ScreenLockReport;
use crate::session::{PasswordChange, Session, SignIn};
use crate::settings::{Settings, SettingsHistory};
use crate::training::TrainingPatients;
use crate::update::Updates;

/// The messages by their names.
pub(super) fn schemas() -> BTreeMap<String, RefOr<Schema>> {
    let mut all = Vec::new();
    add::<SignIn>(&mut all);
    add::<Session>(&mut all);
    add::<PasswordChange>(&mut all);
    add::<Account>(&mut all);
    add::<Accounts>(&mut all);
    add::<NewAccount>(&mut all);
    add::<AccountChange>(&mut all);
    add::<ImportReport>(&mut all);
    add::<CheckRequest>(&mut all);
    add::<Answer>(&mut all);
    add::<ReceiptAlone>(&mut all);
    add::<crate::bulk::BulkOrder>(&mut all);
    add::<crate::bulk::BulkOrders>(&mut all);
    add::<ClaimsEntry>(&mut all);
    add::<ClaimsSignIn>(&mut all);
    add::<ClaimsSession>(&mut all);
    add::<NewClaimsFiling>(&mut all);
    add::<ClaimsFiling>(&mut all);
    add::<ClaimsFilings>(&mut all);
    add::<NewClaimsUpload>(&mut all);
    add::<ClaimsUpload>(&mut all);
    add::<ClaimsUploadEnd>(&mut all);
    add::<ClaimsSubmission>(&mut all);
    add::<ClaimsSubmissions>(&mut all);
    add::<ClaimsFindings>(&mut all);
    add::<ClaimsResults>(&mut all);
    add::<crate::claims::found::ClaimsFound>(&mut all);
    add::<crate::reference_number::ReferenceNumberRegistration>(&mut all);
    add::<crate::reference_number::ReferenceNumberSearch>(&mut all);
    add::<crate::reference_number::ReferenceNumberRemoval>(&mut all);
    add::<crate::reference_number::ReferenceNumberHolder>(&mut all);
    add::<Search>(&mut all);
    add::<Export>(&mut all);
    add::<History>(&mut all);
    add::<Challenge>(&mut all);
    add::<ChallengeRequest>(&mut all);
    add::<CardCheckRequest>(&mut all);
    add::<CardCheck>(&mut all);
    add::<CardCheckRecord>(&mut all);
    add::<Presence>(&mut all);
    add::<PresenceRenewal>(&mut all);
    add::<Answers>(&mut all);
    add::<Consents>(&mut all);
    add::<crate::own::OwnRequest>(&mut all);
    add::<crate::own::OwnPage>(&mut all);
    add::<crate::own::OwnLooksRequest>(&mut all);
    add::<crate::own::OwnLooks>(&mut all);
    add::<crate::own::OwnWithdrawal>(&mut all);
    add::<crate::own::OwnConsents>(&mut all);
    add::<crate::home_care::NewHomeAddress>(&mut all);
    add::<crate::home_care::HomeAddress>(&mut all);
    add::<crate::home_care::HomeAddresses>(&mut all);
    add::<crate::home_care::NewActivationCode>(&mut all);
    add::<crate::home_care::IssuedActivationCode>(&mut all);
    add::<crate::home_care::ActivationCodes>(&mut all);
    add::<crate::home_care::HomeDevices>(&mut all);
    add::<crate::home_care::HomeConsents>(&mut all);
    add::<crate::home_care::HomeCareNotices>(&mut all);
    add::<crate::home_care::EndedHomePatient>(&mut all);
    add::<crate::home_care::CheckAgain>(&mut all);
    add::<crate::home_care::HomeWithdrawal>(&mut all);
    add::<crate::home_care::device::HomeFacility>(&mut all);
    add::<crate::home_care::device::DeviceRegistration>(&mut all);
    add::<crate::home_care::device::RegisteredDevice>(&mut all);
    add::<crate::home_care::device::HomeChallengeRequest>(&mut all);
    add::<crate::home_care::device::HomeCardCheckRequest>(&mut all);
    add::<crate::home_care::device::HomeCardCheck>(&mut all);
    add::<crate::home_care::device::HomeAnswers>(&mut all);
    add::<crate::home_care::device::HomeCheckedAgain>(&mut all);
    add::<Reader>(&mut all);
    add::<Readers>(&mut all);
    add::<ReaderReport>(&mut all);
    add::<ModeChange>(&mut all);
    add::<NewRelease>(&mut all);
    add::<Release>(&mut all);
    add::<Settings>(&mut all);
    add::<SettingsHistory>(&mut all);
    add::<ScreenLockReport>(&mut all);
    add::<Notices>(&mut all);
    add::<CertificateState>(&mut all);
    add::<LossReport>(&mut all);
    add::<CardCheckNews>(&mut all);
    add::<CheckNews>(&mut all);
    add::<SettingsNews>(&mut all);
    add::<RotationNews>(&mut all);
    add::<EmergencyNews>(&mut all);
    add::<OwnAccount>(&mut all);
    add::<SecondFactor>(&mut all);
    add::<SignInRecord>(&mut all);
    add::<UnusualSignIn>(&mut all);
    add::<SignIns>(&mut all);
    add::<SignInsSeen>(&mut all);
    add::<NewRecoveryCodes>(&mut all);
    add::<RecoveryCodes>(&mut all);
    add::<Recovery>(&mut all);
    add::<NewSecondFactor>(&mut all);
    add::<FactorRemoval>(&mut all);
    add::<BegunSecondFactor>(&mut all);
    add::<FactorConfirmation>(&mut all);
    add::<FactorProof>(&mut all);
    add::<NewPasskeyChallenge>(&mut all);
    add::<PasskeyChallenge>(&mut all);
    add::<NewRotation>(&mut all);
    add::<Rotation>(&mut all);
    add::<Rotations>(&mut all);
    add::<OwnRotation>(&mut all);
    add::<NextSecret>(&mut all);
    add::<KeySet>(&mut all);
    add::<Updates>(&mut all);
    add::<LookRequest>(&mut all);
    add::<DocumentRequest>(&mut all);
    add::<MedicalRecord>(&mut all);
    add::<Patients>(&mut all);
    add::<OpenNow>(&mut all);
    add::<LooksSearch>(&mut all);
    add::<LooksExport>(&mut all);
    add::<Looks>(&mut all);
    add::<WithdrawalRequest>(&mut all);
    add::<WithdrawalDone>(&mut all);
    add::<WithdrawalNews>(&mut all);
    add::<EmergencyState>(&mut all);
    add::<PersonSearch>(&mut all);
    add::<AmbulanceSearch>(&mut all);
    add::<SearchOutcome>(&mut all);
    add::<NewOpening>(&mut all);
    add::<Opening>(&mut all);
    add::<NewDisasterCheck>(&mut all);
    add::<DisasterCheck>(&mut all);
    add::<OutageCheck>(&mut all);
    add::<AmbulanceAccess>(&mut all);
    add::<EmergencyReports>(&mut all);
    add::<NewReport>(&mut all);
    add::<TrainingPatients>(&mut all);
    add::<Problem>(&mut all);
    let anything = ObjectBuilder::new()
        .description(Some("An OpenAPI 3.1 document"))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    all.push(("Document".into(), RefOr::T(anything.build().into())));
    all.push(("LinkMessage".into(), RefOr::T(super::link_message().into())));
    all.into_iter().collect()
}

fn add<T: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((T::name().into_owned(), <T as PartialSchema>::schema()));
    T::schemas(all);
}
