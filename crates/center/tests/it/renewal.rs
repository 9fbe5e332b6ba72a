//! A renewed certificate takes over without a gap: sessions, challenges and answers go on; its predecessor's end ends nothing else.

use api::client::ClientError;
use pki::authority::KeyKind;
use pki::est::NewKey;
use pki::identity::Identity;

use crate::world::{Clinic, World, check};

impl World {
    /// A client of the enroll listener.
    pub(crate) fn enroll_client(&self, identity: Option<&Identity>) -> api::client::Client {
        self.client_of(&format!("https://{}", self.enroll), identity)
    }

    /// Renews a clinic's certificate, as a terminal does.
    pub(crate) async fn renew(&self, clinic: &Clinic) -> Result<Identity, ClientError> {
        let holder = clinic.identity.holder().unwrap();
        let key = NewKey::generate(KeyKind::P256, holder.facility, &holder.terminal).unwrap();
        let client = self.enroll_client(Some(&clinic.identity));
        let leaf = client.renew(key.request()).await?;
        let between = clinic.identity.chain()[1..].to_vec();
        Ok(key.with(leaf, between).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_with_the_renewed_certificate_and_requests_under_way_end_well() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    world.pass_days_by_renewal(&clinic);
    let token = clinic.sign_in("link_app").await.token;
    let renewed = world.renew(&clinic).await.unwrap();
    // Asked all the time while the certificate is exchanged; every request is answered.
    let clinic = std::sync::Arc::new(clinic);
    let asking = (0..40).map(|number| {
        let (clinic, token) = (std::sync::Arc::clone(&clinic), token.clone());
        tokio::spawn(async move { clinic.ask(&token, &format!("k{number}"), "4567").await })
    });
    let asking: Vec<_> = asking.collect();
    clinic.client.show(&renewed).unwrap();
    for asked in asking {
        asked.await.unwrap().unwrap();
    }
    clinic.ask(&token, "after", "4567").await.unwrap();
    let state = clinic.client.certificate().await.unwrap();
    let shown: String = renewed
        .fingerprint()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(state.fingerprint, shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_never_goes_on_with_another_certificate_of_the_facility() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let notice = &clinic.enrolled;
    let file = world.download(notice, &notice.reference_id).await.unwrap();
    let second = Identity::from_pkcs12(&file, crate::world::P12).unwrap();
    clinic.client.show(&second).unwrap();
    check(clinic.ask(&token, "k", "4567").await, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_goes_39_months_and_longer_by_renewing_each_certificate_before_its_end() {
    let world = World::start().await;
    let mut clinic = world.enrol("1319999999").await;
    for round in 0..3 {
        world.pass_days_by_renewal(&clinic);
        let state = clinic.client.certificate().await.unwrap();
        assert!(!state.renewed, "round {round}");
        let renewed = world.renew(&clinic).await.unwrap();
        clinic.client.show(&renewed).unwrap();
        clinic.identity = renewed;
        // The link app's password does not expire; nothing surprises.
        let token = clinic.sign_in("link_app").await.token;
        clinic
            .ask(&token, &format!("k{round}"), "4567")
            .await
            .unwrap();
        world.pass_seconds(100 * 86_400);
        let token = clinic.sign_in("link_app").await.token;
        clinic
            .ask(&token, &format!("l{round}"), "4567")
            .await
            .unwrap();
    }
}
