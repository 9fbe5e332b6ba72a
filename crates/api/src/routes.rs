//! The routes of `/v1` (contracts §3): every path in one place. No personal data ever stands in one.

/// `POST`: sign in.
pub const SESSIONS: &str = "/v1/sessions";
/// `DELETE`: sign out.
pub const SESSION_CURRENT: &str = "/v1/sessions/current";
/// `POST`: what a passkey is to sign for the session.
pub const PASSKEY_CHALLENGE: &str = "/v1/sessions/current/passkey-challenge";
/// `POST`: prove the second factor of the session.
pub const SESSION_SECOND_FACTOR: &str = "/v1/sessions/current/second-factor";
/// `POST`: reset one's own password with a recovery code.
pub const RECOVERIES: &str = "/v1/recoveries";
/// `GET`: recovery codes, second factors and unusual sign-ins of one's own account.
pub const OWN_ACCOUNT: &str = "/v1/accounts/me";
/// `POST`: new recovery codes.
pub const OWN_RECOVERY_CODES: &str = "/v1/accounts/me/recovery-codes";
/// `POST`: begin to add a second factor.
pub const OWN_SECOND_FACTORS: &str = "/v1/accounts/me/second-factors";
/// `PUT`: confirm a second factor; `DELETE`: remove it.
pub const OWN_SECOND_FACTOR: &str = "/v1/accounts/me/second-factors/{id}";
/// `GET`: one's own sign-ins and refused tries.
pub const OWN_SIGN_INS: &str = "/v1/accounts/me/sign-ins";
/// `POST`: what is unusual about them was shown.
pub const OWN_SIGN_INS_SEEN: &str = "/v1/accounts/me/sign-ins/seen";
/// `DELETE`: remove all second factors of an account one manages.
pub const ACCOUNT_SECOND_FACTORS: &str = "/v1/accounts/{id}/second-factors";
/// `PUT`: change one's own password.
pub const OWN_PASSWORD: &str = "/v1/accounts/me/password";
/// `GET`: the accounts one manages; `POST`: register one.
pub const ACCOUNTS: &str = "/v1/accounts";
/// `POST`: register all accounts of a CSV file, or none.
pub const ACCOUNTS_IMPORT: &str = "/v1/accounts/import";
/// `GET`: one account; `PATCH`: edit, disable or give a new password.
pub const ACCOUNT: &str = "/v1/accounts/{id}";
/// `GET`: the rotations of the system accounts one manages; `POST`: ask for one.
pub const ROTATIONS: &str = "/v1/rotations";
/// `GET`: the rotation of the machine that asks; `PUT`: its next secret.
pub const ROTATION_CURRENT: &str = "/v1/rotations/current";
/// `DELETE`: take the rotation of an account back.
pub const ROTATION: &str = "/v1/rotations/{id}";
/// `GET`: the facility's checks of some days; `POST`: ask whether a person is insured.
pub const CHECKS: &str = "/v1/checks";
/// `POST`: search the facility's checks.
pub const CHECKS_SEARCH: &str = "/v1/checks/search";
/// `POST`: the facility's checks as a CSV file.
pub const CHECKS_EXPORT: &str = "/v1/checks/export";
/// `GET`: one check, as it was answered.
pub const CHECK: &str = "/v1/checks/{id}";
/// `GET`: the signed receipt of one check.
pub const CHECK_RECEIPT: &str = "/v1/checks/{id}/receipt";
/// `POST`: register a facility's own number for a patient (照会番号), or change it.
pub const REFERENCE_NUMBERS: &str = "/v1/reference-numbers";
/// `POST`: whose a number is, or which number a patient has.
pub const REFERENCE_NUMBERS_SEARCH: &str = "/v1/reference-numbers/search";
/// `POST`: remove a number.
pub const REFERENCE_NUMBERS_REMOVAL: &str = "/v1/reference-numbers/removal";
/// `GET`, `POST`: bulk orders of the facility; put one in as a file.
pub const BULK_CHECKS: &str = "/v1/bulk-checks";
/// `GET`: how far one is; `{id}` is its reception number.
pub const BULK_CHECK: &str = "/v1/bulk-checks/{id}";
/// `GET`: its results as a file.
pub const BULK_CHECK_RESULT: &str = "/v1/bulk-checks/{id}/result";
/// `POST`: a message of a receipt computer or a record in its JSON image; `{message}` is the prefix of its files without `req`.
pub const LINK: &str = "/v1/link/{message}";
/// `POST`: where existing clients of the Web API sign in (interface §4).
pub const EXISTING_SIGN_IN: &str = "/oqs-api-pro/MSA12020/ILI12020SV01/auth";
/// `POST`: where existing clients of the Web API ask for one eligibility (interface §4).
pub const EXISTING_SEARCH: &str = "/oqs-api-pro/MSA01030/ILI01030SV01/search";
/// `POST`: a challenge for a card to sign.
pub const CARD_CHALLENGES: &str = "/v1/card-challenges";
/// `POST`: ask by card whether its holder is insured.
pub const CARD_CHECKS: &str = "/v1/card-checks";
/// `GET`: one check by card with its consents.
pub const CARD_CHECK: &str = "/v1/card-checks/{id}";
/// `POST`: the card is still there.
pub const CARD_CHECK_PRESENCE: &str = "/v1/card-checks/{id}/presence";
/// `POST`: what the patient answered.
pub const CARD_CHECK_ANSWERS: &str = "/v1/card-checks/{id}/answers";
/// `GET`, `POST`: the facility's addresses of home care; make one, and the one before ends.
pub const HOME_CARE_ADDRESSES: &str = "/v1/home-care/addresses";
/// `GET`, `POST`: activation codes of devices; issue one.
pub const HOME_CARE_CODES: &str = "/v1/home-care/activation-codes";
/// `DELETE`: invalidate one.
pub const HOME_CARE_CODE: &str = "/v1/home-care/activation-codes/{id}";
/// `GET`: bound devices.
pub const HOME_CARE_DEVICES: &str = "/v1/home-care/devices";
/// `DELETE`: remove one.
pub const HOME_CARE_DEVICE: &str = "/v1/home-care/devices/{id}";
/// `GET`: with whom care is agreed.
pub const HOME_CARE_CONSENTS: &str = "/v1/home-care/consents";
/// `GET`: what a facility of home care should know before a round.
pub const HOME_CARE_NOTICES: &str = "/v1/home-care/notices";
/// `GET`: whose what ended lately was.
pub const HOME_CARE_ENDED: &str = "/v1/home-care/ended/{id}";
/// `POST`: check one of them without the card.
pub const HOME_CARE_CHECKS: &str = "/v1/home-care/consents/{id}/checks";
/// `POST`: end what is agreed with one of them.
pub const HOME_CARE_WITHDRAWAL: &str = "/v1/home-care/consents/{id}/withdrawal";
/// `GET` on the home listener: whose address it is.
pub const HOME_ADDRESS: &str = "/v1/home/addresses/{id}";
/// `POST` on the home listener: make a device's key known.
pub const HOME_DEVICES: &str = "/v1/home/devices";
/// `POST` on the home listener: a challenge for a card to sign.
pub const HOME_CHALLENGES: &str = "/v1/home/card-challenges";
/// `POST` on the home listener: who the card's holder is, and whether they are insured.
pub const HOME_CARD_CHECKS: &str = "/v1/home/card-checks";
/// `POST` on the home listener: the card is still there.
pub const HOME_CARD_CHECK_PRESENCE: &str = "/v1/home/card-checks/{id}/presence";
/// `POST` on the home listener: what the patient answered.
pub const HOME_CARD_CHECK_ANSWERS: &str = "/v1/home/card-checks/{id}/answers";
/// `GET` on the home listener: with whom care is agreed, at a bound device.
pub const HOME_CONSENTS: &str = "/v1/home/consents";
/// `POST` on the home listener: check one of them without the card, at a bound device.
pub const HOME_CONSENT_CHECKS: &str = "/v1/home/consents/{id}/checks";
/// `POST` on the home listener: end what is agreed with one of them, at a bound device.
pub const HOME_CONSENT_WITHDRAWAL: &str = "/v1/home/consents/{id}/withdrawal";
/// `GET`: whose medical information may be seen now.
pub const MEDICAL_PATIENTS: &str = "/v1/medical/patients";
/// What may be seen of one of them now; no look.
pub const MEDICAL_PATIENT: &str = "/v1/medical/patients/{id}";
/// `POST`: look at the medical information of one of them.
pub const MEDICAL_LOOKS: &str = "/v1/medical/patients/{id}/looks";
/// `POST`: withdraw a patient's consent for the facility.
pub const MEDICAL_WITHDRAWAL: &str = "/v1/medical/patients/{id}/withdrawal";
/// `POST`: the medical information of one of them as a PDF or XML file; a look like any other.
pub const MEDICAL_DOCUMENTS: &str = "/v1/medical/patients/{id}/documents";
/// `POST`: the patient's own page, opened by a card that signed for it.
pub const MEDICAL_OWN: &str = "/v1/medical/own";
/// `POST`: older looks at the patient.
pub const MEDICAL_OWN_LOOKS: &str = "/v1/medical/own/{id}/looks";
/// `POST`: the patient withdraws a consent.
pub const MEDICAL_OWN_WITHDRAWALS: &str = "/v1/medical/own/{id}/withdrawals";
/// `GET`: which emergency windows are open for the facility, with the certificate alone.
pub const EMERGENCY_STATE: &str = "/v1/emergency/state";
/// `POST`: look for a person without their card in a disaster.
pub const DISASTER_SEARCHES: &str = "/v1/emergency/disaster/searches";
/// `POST`: open what was found in a disaster, with the consent that was given.
pub const DISASTER_OPENINGS: &str = "/v1/emergency/disaster/openings";
/// `POST`: eligibility alone of whom a search found in a disaster.
pub const DISASTER_CHECKS: &str = "/v1/emergency/disaster/checks";
/// `POST`: eligibility while the system is out of order.
pub const OUTAGE_CHECKS: &str = "/v1/emergency/outage-checks";
/// `GET`: whether the account may use ambulance mode.
pub const AMBULANCE: &str = "/v1/emergency/ambulance";
/// `POST`: find the person of a card, or by data, for ambulance mode.
pub const AMBULANCE_SEARCHES: &str = "/v1/emergency/ambulance/searches";
/// `POST`: open what was found in ambulance mode.
pub const AMBULANCE_OPENINGS: &str = "/v1/emergency/ambulance/openings";
/// `GET`: what the facility did under each window; `POST`: its report on one.
pub const EMERGENCY_REPORTS: &str = "/v1/emergency/reports";
/// `GET`: the made-up patients to practise with, as a client for practice asks.
pub const PATIENTS_TO_PRACTISE_WITH: &str = "/v1/patients";
/// `POST`: forget what the facility practised, as a client for practice asks.
pub const FRESH_STARTS: &str = "/v1/fresh-starts";
/// `GET`: the made-up patients to practise with.
pub const TRAINING_PATIENTS: &str = "/v1/training/patients";
/// `POST`: forget what the facility practised.
pub const TRAINING_FRESH_STARTS: &str = "/v1/training/fresh-starts";
/// [`DISASTER_SEARCHES`] in practice.
pub const TRAINING_DISASTER_SEARCHES: &str = "/v1/training/emergency/disaster/searches";
/// [`DISASTER_OPENINGS`] in practice.
pub const TRAINING_DISASTER_OPENINGS: &str = "/v1/training/emergency/disaster/openings";
/// [`DISASTER_CHECKS`] in practice.
pub const TRAINING_DISASTER_CHECKS: &str = "/v1/training/emergency/disaster/checks";
/// [`OUTAGE_CHECKS`] in practice.
pub const TRAINING_OUTAGE_CHECKS: &str = "/v1/training/emergency/outage-checks";
/// [`AMBULANCE`] in practice.
pub const TRAINING_AMBULANCE: &str = "/v1/training/emergency/ambulance";
/// [`AMBULANCE_SEARCHES`] in practice.
pub const TRAINING_AMBULANCE_SEARCHES: &str = "/v1/training/emergency/ambulance/searches";
/// [`AMBULANCE_OPENINGS`] in practice.
pub const TRAINING_AMBULANCE_OPENINGS: &str = "/v1/training/emergency/ambulance/openings";
/// [`EMERGENCY_REPORTS`] in practice.
pub const TRAINING_REPORTS: &str = "/v1/training/emergency/reports";
/// [`MEDICAL_PATIENTS`] in practice.
pub const TRAINING_MEDICAL_PATIENTS: &str = "/v1/training/medical/patients";
/// [`MEDICAL_LOOKS`] in practice.
pub const TRAINING_MEDICAL_LOOKS: &str = "/v1/training/medical/patients/{id}/looks";
/// [`MEDICAL_DOCUMENTS`] in practice.
pub const TRAINING_MEDICAL_DOCUMENTS: &str = "/v1/training/medical/patients/{id}/documents";
/// `POST`: who looked at medical information at the facility.
pub const MEDICAL_LOOKS_SEARCH: &str = "/v1/medical/looks/search";
/// `POST`: the same as a CSV file.
pub const MEDICAL_LOOKS_EXPORT: &str = "/v1/medical/looks/export";
/// `GET`: what stands at the door of the claims entry, with the certificate alone.
pub const CLAIMS_ENTRY: &str = "/v1/claims/entry";
/// `POST`: sign in to the claims entry.
pub const CLAIMS_SESSIONS: &str = "/v1/claims/sessions";
/// `DELETE`: sign out of it.
pub const CLAIMS_SESSION_CURRENT: &str = "/v1/claims/sessions/current";
/// `PUT`: the password of the claims account.
pub const CLAIMS_OWN_PASSWORD: &str = "/v1/claims/accounts/me/password";
/// `GET`, `POST`: filings to review bodies, in a session of the center.
pub const CLAIMS_FILINGS: &str = "/v1/claims/filings";
/// `POST`: a filing was handed in.
pub const CLAIMS_FILING_HANDED_IN: &str = "/v1/claims/filings/{id}/handed-in";
/// `POST`: begin to send a claim file.
pub const CLAIMS_UPLOADS: &str = "/v1/claims/uploads";
/// `GET`, `DELETE`: a file on its way.
pub const CLAIMS_UPLOAD: &str = "/v1/claims/uploads/{id}";
/// `PUT`: its next bytes.
pub const CLAIMS_UPLOAD_CONTENT: &str = "/v1/claims/uploads/{id}/content";
/// `POST`: it is whole.
pub const CLAIMS_UPLOAD_END: &str = "/v1/claims/uploads/{id}/end";
/// `GET`: submissions.
pub const CLAIMS_SUBMISSIONS: &str = "/v1/claims/submissions";
/// `GET`: one of them.
pub const CLAIMS_SUBMISSION: &str = "/v1/claims/submissions/{id}";
/// `GET`: what its checks found.
pub const CLAIMS_FINDINGS: &str = "/v1/claims/submissions/{id}/findings";
/// `GET`: what became of its claims.
pub const CLAIMS_RESULTS: &str = "/v1/claims/submissions/{id}/results";
/// `GET`: a page of its claims of which something was found.
pub const CLAIMS_FOUND: &str = "/v1/claims/submissions/{id}/claims";
/// `POST`: accept it.
pub const CLAIMS_ACCEPTANCE: &str = "/v1/claims/submissions/{id}/acceptance";
/// `POST`: take it back.
pub const CLAIMS_WITHDRAWAL: &str = "/v1/claims/submissions/{id}/withdrawal";
/// `GET`: a result file of it.
pub const CLAIMS_FILE: &str = "/v1/claims/submissions/{id}/file";
/// `GET`: the facility's readers.
pub const READERS: &str = "/v1/readers";
/// `GET`: the reader of the account that asks.
pub const READER_CURRENT: &str = "/v1/readers/current";
/// `PUT`: what the reader of the account does now.
pub const READER_CURRENT_STATE: &str = "/v1/readers/current/state";
/// `PUT`: switch a reader between unattended and visual.
pub const READER_MODE: &str = "/v1/readers/{id}/mode";
/// `POST`: release one check at one reader.
pub const RELEASES: &str = "/v1/releases";
/// `GET`, `PUT`: the facility's settings.
pub const SETTINGS: &str = "/v1/settings";
/// `GET`: who changed which of the facility's settings, and when.
pub const SETTINGS_HISTORY: &str = "/v1/settings/history";
/// `GET`: notices to the facility, with the certificate alone.
pub const NOTICES: &str = "/v1/notices";
/// `PUT`: how the screen lock of the caller's terminal works, for the record.
pub const SCREEN_LOCK: &str = "/v1/screen-locks/current";
/// `GET`: the state of the certificate that asks.
pub const CERTIFICATE_CURRENT: &str = "/v1/certificates/current";
/// `POST`: the file of the certificate that asks was lost.
pub const CERTIFICATE_LOSS: &str = "/v1/certificates/current/loss";
/// `GET`: what happens at the facility, as server-sent events.
pub const EVENTS: &str = "/v1/events";
/// `GET`: releases of the product, as their publisher signed them.
pub const UPDATES: &str = "/v1/updates";
/// `GET`: a piece of a package, named by its SHA-256.
pub const UPDATE_PACKAGE: &str = "/v1/updates/{id}";
/// `GET`: what this interface is, in OpenAPI 3.1.
pub const OPENAPI: &str = "/v1/openapi.json";
/// `GET`: the public keys of receipts.
pub const KEYS: &str = "/v1/keys";
/// `GET` on the metrics listener: whether the center answers.
pub const HEALTH: &str = "/healthz";
/// `POST` on the enroll listener: download a client certificate with a notice's two IDs.
pub const CERTIFICATE_DOWNLOAD: &str = "/certificates/download";
/// The page of the enroll listener on which a certificate is applied for.
pub const APPLICATION_PAGE: &str = "/application";
/// `GET` on the enroll listener: the list of revoked certificates (RFC 5280), DER.
pub const REVOCATION_LIST: &str = "/crl";
/// `GET` on the enroll listener: the same signed by the issuing CA of that number, for programs that hold it against certificates of a former one.
pub const REVOCATION_LIST_OF_ISSUER: &str = "/crl/{number}";
/// `GET` on the enroll listener: the certificates of the authority (RFC 7030 §4.1).
pub const EST_AUTHORITY: &str = "/.well-known/est/cacerts";
/// `POST` on the enroll listener: a certificate for a key of the client's, with a notice's two IDs (RFC 7030 §4.2.1).
pub const EST_ENROLL: &str = "/.well-known/est/simpleenroll";
/// `POST` on the enroll listener: the same, proved by the certificate that is to be renewed (RFC 7030 §4.2.2).
pub const EST_REENROLL: &str = "/.well-known/est/simplereenroll";

/// Header of every answer of the api listener: the center's time, RFC 3339, so that a client sees how far its clock is off.
pub const TIME_HEADER: &str = "onshi-time";

/// Where a path lies in practice: under an address of its own, whatever it is.
#[must_use]
pub fn in_training(path: &str) -> String {
    format!("/v1/training{}", path.strip_prefix("/v1").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_a_client_for_practice_lies_in_practice() {
        let pairs = [
            (PATIENTS_TO_PRACTISE_WITH, TRAINING_PATIENTS),
            (FRESH_STARTS, TRAINING_FRESH_STARTS),
            (DISASTER_SEARCHES, TRAINING_DISASTER_SEARCHES),
            (DISASTER_OPENINGS, TRAINING_DISASTER_OPENINGS),
            (DISASTER_CHECKS, TRAINING_DISASTER_CHECKS),
            (OUTAGE_CHECKS, TRAINING_OUTAGE_CHECKS),
            (AMBULANCE, TRAINING_AMBULANCE),
            (AMBULANCE_SEARCHES, TRAINING_AMBULANCE_SEARCHES),
            (AMBULANCE_OPENINGS, TRAINING_AMBULANCE_OPENINGS),
            (EMERGENCY_REPORTS, TRAINING_REPORTS),
            (MEDICAL_PATIENTS, TRAINING_MEDICAL_PATIENTS),
            (MEDICAL_LOOKS, TRAINING_MEDICAL_LOOKS),
            (MEDICAL_DOCUMENTS, TRAINING_MEDICAL_DOCUMENTS),
        ];
        for (real, training) in pairs {
            assert_eq!(in_training(real), training);
        }
        assert!(in_training(REVOCATION_LIST).starts_with("/v1/training/"));
    }
}
