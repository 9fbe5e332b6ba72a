//! RFC 7030 as a stranger speaks it: nothing but openssl and curl.

use std::path::PathBuf;
use std::process::{Command, Output};

use pki::identity::Identity;

use crate::world::{Clinic, World};

/// A folder of a stranger, with the center's root and the clinic's certificate as PEM.
struct Stranger {
    dir: tempfile::TempDir,
    enroll: String,
    /// Whether the server's certificate is looked at.
    looks: &'static str,
}

const SUBJECT: &str = "/O=onshi private CA/OU=1319999999/CN=受付1";
const DAY: i64 = 86_400;

impl Stranger {
    fn new(world: &World, clinic: &Clinic) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (chain, key) = clinic.identity.to_pem();
        std::fs::write(dir.path().join("old.pem"), chain).unwrap();
        std::fs::write(dir.path().join("old.key"), key).unwrap();
        std::fs::copy(
            world.dir.path().join("root.pem"),
            dir.path().join("root.pem"),
        )
        .unwrap();
        Self {
            dir,
            looks: "-s",
            enroll: format!("https://{}", world.enroll),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tool(&self, tool: &str, arguments: &[&str]) -> Output {
        let output = Command::new(tool)
            .args(arguments)
            .current_dir(self.dir.path())
            .output();
        output.expect("installed by `cargo xtask test`")
    }

    fn openssl(&self, arguments: &[&str]) -> String {
        let output = self.tool("openssl", arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A new key and a request in base64, as RFC 7030 §4.2.1 wants it.
    fn request(&self, subject: &str) {
        self.openssl(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            "new.key",
        ]);
        self.openssl(&[
            "req", "-new", "-key", "new.key", "-utf8", "-subj", subject, "-outform", "DER", "-out",
            "new.der",
        ]);
        self.openssl(&["base64", "-in", "new.der", "-out", "new.b64"]);
    }

    /// Status and body of a request.
    fn curl(&self, path: &str, more: &[&str]) -> (String, String) {
        let to = format!("{}{path}", self.enroll);
        let fixed = [
            "-sS",
            self.looks,
            "--cacert",
            "root.pem",
            "-w",
            "\n%{http_code}",
            &to,
        ];
        let output = self.tool("curl", &[&fixed, more].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{path}: {told}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.to_owned(), body.to_owned())
    }

    fn post(&self, path: &str, more: &[&str]) -> (String, String) {
        let fixed = [
            "-H",
            "content-type: application/pkcs10",
            "--data-binary",
            "@new.b64",
        ];
        self.curl(path, &[&fixed, more].concat())
    }

    /// The code of a refusal.
    fn refused(&self, path: &str, more: &[&str]) -> (String, String) {
        let (status, body) = self.post(path, more);
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        (status, problem["code"].as_str().unwrap().to_owned())
    }

    /// The certificates of an answer as PEM.
    fn certificates(&self, body: &str) -> String {
        std::fs::write(self.path("answer.b64"), body).unwrap();
        self.openssl(&["base64", "-d", "-in", "answer.b64", "-out", "answer.p7"]);
        self.openssl(&[
            "pkcs7",
            "-inform",
            "DER",
            "-in",
            "answer.p7",
            "-print_certs",
        ])
    }

    /// The identity of an answer with the new key.
    fn identity(&self, body: &str) -> Identity {
        let leaf = self.certificates(body);
        let issuing = self.certificates(&self.curl("/.well-known/est/cacerts", &[]).1);
        let key = std::fs::read(self.path("new.key")).unwrap();
        // The authority's answer holds the root as well; a chain ends below it.
        let chain = Identity::from_pem(format!("{leaf}{issuing}").as_bytes(), &key).unwrap();
        let root = pki::identity::first_certificate(&std::fs::read(self.path("root.pem")).unwrap());
        let sent = chain.chain().iter().filter(|it| Some(*it) != root.as_ref());
        Identity::new(sent.cloned().collect(), chain.key())
    }
}

const OLD: [&str; 4] = ["--cert", "old.pem", "--key", "old.key"];
const RENEW: &str = "/.well-known/est/simplereenroll";
const ENROLL: &str = "/.well-known/est/simpleenroll";

#[tokio::test(flavor = "multi_thread")]
async fn openssl_and_curl_read_the_authority_and_renew_a_certificate() {
    let world = World::start_renewing().await;
    let clinic = world.enrol("1319999999").await;
    let stranger = Stranger::new(&world, &clinic);
    let (status, body) = stranger.curl("/.well-known/est/cacerts", &[]);
    assert_eq!(status, "200");
    let authority = stranger.certificates(&body);
    let root = std::fs::read_to_string(stranger.path("root.pem")).unwrap();
    assert!(authority.contains(root.trim()), "the root is among them");
    stranger.request(SUBJECT);
    let (status, body) = stranger.post(RENEW, &OLD);
    assert_eq!(status, "200", "{body}");
    let new = stranger.identity(&body);
    let (old, holder) = (clinic.identity.holder().unwrap(), new.holder().unwrap());
    assert_eq!(
        (holder.facility, &holder.terminal),
        (old.facility, &old.terminal)
    );
    assert!(old.not_after <= holder.not_after && holder.fingerprint != old.fingerprint);
    // Both open the api: the old one goes on to its own end.
    for identity in [&new, &clinic.identity] {
        world.client(Some(identity)).certificate().await.unwrap();
    }
    assert!(
        world
            .client(Some(&clinic.identity))
            .certificate()
            .await
            .unwrap()
            .renewed
    );
    // The others that were renewed from the same one end when a later one is used.
    world.pass_seconds(1);
    let (_, body) = stranger.post(RENEW, &OLD);
    let later = stranger.identity(&body);
    world.client(Some(&later)).certificate().await.unwrap();
    assert!(world.client(Some(&new)).certificate().await.is_err());
    world
        .client(Some(&clinic.identity))
        .certificate()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_of_the_answer_opens_the_api_and_is_renewed_in_its_turn() {
    let world = World::start_renewing().await;
    let clinic = world.enrol("1319999999").await;
    let stranger = Stranger::new(&world, &clinic);
    stranger.request(SUBJECT);
    let (status, body) = stranger.post(RENEW, &OLD);
    assert_eq!(status, "200", "{body}");
    let leaf = stranger.certificates(&body);
    assert_eq!(leaf.matches("BEGIN CERTIFICATE").count(), 1, "{leaf}");
    let key = std::fs::read(stranger.path("new.key")).unwrap();
    let alone = Identity::from_pem(leaf.as_bytes(), &key).unwrap();
    assert_eq!(alone.chain().len(), 1);
    world.client(Some(&alone)).certificate().await.unwrap();
    std::fs::write(stranger.path("next.pem"), &leaf).unwrap();
    std::fs::write(stranger.path("next.key"), &key).unwrap();
    stranger.request(SUBJECT);
    let next = ["--cert", "next.pem", "--key", "next.key"];
    let (status, body) = stranger.post(RENEW, &next);
    assert_eq!(status, "200", "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_certificate_is_made_for_a_key_of_the_clients_with_the_notices_ids() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let stranger = Stranger::new(&world, &clinic);
    let ids = format!(
        "{}:{}",
        clinic.enrolled.request_id, clinic.enrolled.reference_id
    );
    for subject in [SUBJECT, "/"] {
        stranger.request(subject);
        let (status, body) = stranger.post(ENROLL, &["-u", &ids]);
        assert_eq!(status, "200", "{body}");
        let new = stranger.identity(&body);
        assert_eq!(new.holder().unwrap().terminal, "受付1");
        world.client(Some(&new)).certificate().await.unwrap();
    }
    let refused = |more: &[&str]| stranger.refused(ENROLL, more);
    let told = |status: &str, code: &str| (status.to_owned(), code.to_owned());
    assert_eq!(refused(&[]), told("401", "certificate_needed"));
    assert_eq!(refused(&["-u", "a:b"]), told("401", "certificate_needed"));
    stranger.request("/O=onshi private CA/OU=1319999999/CN=other");
    assert_eq!(refused(&["-u", &ids]), told("422", "signing_request_name"));
    world.pass_seconds(181 * DAY);
    stranger.request("/");
    assert_eq!(refused(&["-u", &ids]), told("422", "invalid_input"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_nothing_renews_nothing_and_each_refusal_says_why() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let other = world.enrol("3410712362").await;
    let stranger = Stranger::new(&world, &clinic);
    stranger.request(SUBJECT);
    let told = |status: &str, code: &str| (status.to_owned(), code.to_owned());
    assert_eq!(
        stranger.refused(RENEW, &[]),
        told("401", "certificate_needed")
    );
    assert_eq!(
        stranger.refused(RENEW, &OLD),
        told("409", "renewal_too_early")
    );
    // A key and a certificate of one's own making, which counts from this second on.
    world.pass_seconds(3_600);
    stranger.openssl(&[
        "req", "-x509", "-key", "new.key", "-utf8", "-subj", SUBJECT, "-days", "30", "-out",
        "self.pem",
    ]);
    let own = ["--cert", "self.pem", "--key", "new.key"];
    assert_eq!(
        stranger.refused(RENEW, &own),
        told("403", "certificate_foreign")
    );
    world.pass_days_by_renewal(&clinic);
    // The machine's clock is years behind the center's now.
    let stranger = Stranger {
        looks: "-k",
        ..stranger
    };
    for subject in ["/O=onshi private CA/OU=3410712362/CN=受付1", "/"] {
        stranger.request(subject);
        assert_eq!(
            stranger.refused(RENEW, &OLD),
            told("422", "signing_request_name"),
            "{subject}"
        );
    }
    std::fs::write(stranger.path("new.b64"), "rubbish").unwrap();
    assert_eq!(
        stranger.refused(RENEW, &OLD),
        told("422", "signing_request")
    );
    stranger.request(SUBJECT);
    let as_json = [
        "--data-binary",
        "@new.b64",
        "-H",
        "content-type: application/json",
    ];
    let (status, _) = stranger.curl(RENEW, &[&as_json[..], &OLD].concat());
    assert_eq!(status, "415");
    world.revoke(&clinic.identity).await;
    assert_eq!(
        stranger.refused(RENEW, &OLD),
        told("403", "certificate_revoked")
    );
    // The other's is past its end by now.
    let expired = Stranger {
        looks: "-k",
        ..Stranger::new(&world, &other)
    };
    expired.request("/O=onshi private CA/OU=3410712362/CN=受付1");
    world.pass_seconds(100 * DAY);
    assert_eq!(
        expired.refused(RENEW, &OLD),
        told("403", "certificate_expired")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_or_revoked_certificate_does_not_bar_the_download_page() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let stranger = Stranger::new(&world, &clinic);
    world.revoke(&clinic.identity).await;
    let (status, _) = stranger.curl("/", &OLD);
    assert_eq!(status, "200");
}
