//! What the commands say when something is missing, wrong or taken: the place, the reason and the remedy, in both languages.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::running::{Clinic, Part, first_line, onshi, sample, succeed, wait_until};
use crate::turned_clock::command;

/// A command that must fail with 1 and say all of this.
fn check(arguments: &[&str], parts: &[&str]) {
    let output = onshi(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    for part in parts {
        assert!(text.contains(part), "{arguments:?} says {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn missing_files_and_folders_are_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    let missing = ["ファイルがありません", "there is no such file"];
    for command in ["center", "terminal", "gateway"] {
        check(&[command, "--config", nowhere], &missing);
    }
    check(&["config", "check", nowhere], &missing);
    check(
        &["restore", "--data-dir", nowhere, "--from", nowhere],
        &missing,
    );
    let no_store = ["--data-dir を確かめてください", "look at --data-dir"];
    check(&["audit", "verify", "--data-dir", nowhere], &no_store);
    check(
        &["backup", "--data-dir", nowhere, "--out", "/tmp/never"],
        &no_store,
    );
    check(&["check", "--verify", nowhere, "--keys", nowhere], &missing);
    let enroll = [
        "enroll",
        "--data-dir",
        nowhere,
        "--code",
        "1319999999",
        "--name",
        "x",
        "--terminal",
        "y",
    ];
    check(
        &enroll,
        &["センターは動いていません", "no center is running"],
    );
    check(
        &["center", "--config", dir.path().to_str().unwrap()],
        &["フォルダーです", "it is a folder"],
    );
    let nobodys = "/proc/onshi";
    check(
        &["synth", "--people", "5", "--data-dir", nobodys],
        &[nobodys, "書き込めません", "look at space and rights"],
    );
}

#[test]
fn a_wrong_line_of_a_command_ends_with_2() {
    assert_eq!(onshi(&["dance"]).status.code(), Some(2));
    assert_eq!(onshi(&["center"]).status.code(), Some(2));
}

#[test]
fn a_choice_of_options_is_told_as_one() {
    let told = |arguments: &[&str]| {
        let output = onshi(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let list = told(&["enroll", "list", "--data-dir", "/nowhere"]);
    assert!(list.contains("<--code <CODE>|--lost>"), "{list}");
    let both = ["enroll", "list", "--data-dir", "/nowhere", "--lost"];
    let both = told(&[&both[..], &["--code", "1319999999"]].concat());
    assert!(both.contains("cannot be used with"), "{both}");
    let synth = told(&["synth", "--data-dir", "/nowhere"]);
    assert!(
        synth.contains("--people") && synth.contains("--cards"),
        "{synth}"
    );
    let synth = told(&["synth", "--people", "5"]);
    assert!(
        synth.contains("--config") && synth.contains("--feeds"),
        "{synth}"
    );
}

#[test]
fn a_second_center_on_one_data_folder_is_refused_while_the_first_runs() {
    let mut clinic = Clinic::start();
    let data_dir = clinic.path("center");
    let free = "127.0.0.1:0";
    let text = format!(
        "data_dir = \"{data_dir}\"\n[listen]\napi = \"{free}\"\nenroll = \"{free}\"\noperator = \"{free}\"\nmetrics = \"{free}\"\n"
    );
    let second = clinic.path("second.toml");
    std::fs::write(&second, text).unwrap();
    check(
        &["center", "--config", &second],
        &["別のセンターか復元", "another center", &data_dir],
    );
    // The first one answers as before.
    clinic.notice();
    // However it ended, the folder is free then.
    clinic.center.take().unwrap().kill();
    clinic.start_center();
}

#[test]
fn a_port_that_is_taken_is_named_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("center.toml");
    let text = format!(
        "data_dir = \"{}/data\"\n[listen]\napi = \"127.0.0.1:{port}\"\nenroll = \"127.0.0.1:0\"\noperator = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n",
        dir.path().display()
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    check(
        &["center", "--config", file],
        &[
            "onshi: listen.api のポート",
            "使われています",
            "is another program listening there",
        ],
    );
    let output = onshi(&["config", "check", file, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["good"], &report["part"]),
        (&Value::from(false), &Value::from("center"))
    );
    assert_eq!(
        (
            &report["findings"][0]["key"],
            &report["findings"][0]["line"]
        ),
        (&Value::from("api"), &Value::from(3))
    );
}

#[test]
fn a_wrong_password_or_file_of_a_certificate_is_told() {
    let clinic = Clinic::start();
    clinic.enrol();
    std::fs::write(clinic.path("wrong.pw"), "Chigau-12345678").unwrap();
    let import = |p12: &str, password: &str| {
        let (data_dir, p12, password) =
            (clinic.path("part"), clinic.path(p12), clinic.path(password));
        let arguments = [
            "certificate",
            "import",
            "--data-dir",
            &data_dir,
            "--name",
            "clinic",
            "--p12",
            &p12,
            "--p12-password-file",
            &password,
        ];
        check(
            &arguments,
            &[
                "パスワードが違うか",
                "wrong password, or not a PKCS#12 file",
            ],
        );
    };
    import("clinic.p12", "wrong.pw");
    import("center.toml", "p12.pw");
}

#[test]
fn a_gateway_takes_no_password_in_the_open_and_none_that_others_may_read() {
    let clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    let (config, sealed) = (
        clinic.path("gateway.toml"),
        clinic.path("gateway/link_app.sealed"),
    );
    assert!(succeed(&["config", "check", &config]).contains("good (gateway)"));
    let bytes = std::fs::read(&sealed).unwrap();
    let password = std::fs::read(clinic.path("link_app.pw")).unwrap();
    assert!(
        !bytes
            .windows(password.len())
            .any(|window| window == password)
    );
    let run = ["gateway", "--config", &config];
    let set_mode =
        |mode| std::fs::set_permissions(&sealed, std::fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o640);
    check(&run, &["他の利用者が読めます", "chmod 600"]);
    let output = onshi(&["config", "check", &config]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("gateway.toml:8: secret_file: ") && text.contains("chmod 600"),
        "{text}"
    );
    set_mode(0o600);
    std::fs::write(&sealed, &password).unwrap();
    check(&run, &["封印されていません", "onshi gateway seal-password"]);
    let mut changed = bytes;
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&sealed, changed).unwrap();
    check(&run, &["was changed or sealed with another machine key"]);
}

#[test]
fn settings_are_checked_with_their_lines_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gateway.toml");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let text = format!(
        "data_dir = \"{0}/data\"\ncenter = \"http://center\"\nca = \"{0}/root.pem\"\n[identity]\nname = \"clinic\"\n[account]\nid = \"link_app\"\n\
         secret_file = \"{0}/secret\"\n[[folders]]\nname = \"receipt\"\nreq = \"{0}/req\"\nres = \"{0}/file\"\nwork = \"{0}/req/work\"\n",
        dir.path().display()
    );
    std::fs::write(&file, &text).unwrap();
    std::fs::write(path("file"), "").unwrap();
    let output = onshi(&["config", "check", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    for part in [
        ":2: center: ",
        ":3: ca: ",
        ":5: name: ",
        ":8: secret_file: ",
        ":12: res: ",
        ":13: work: ",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(
        !std::fs::exists(path("data")).unwrap(),
        "looking makes nothing"
    );
    std::fs::write(&file, text.replace("[account]", "[acount]")).unwrap();
    check(
        &["config", "check", file.to_str().unwrap()],
        &[
            "line 6",
            "acount という設定は、ここにはありません",
            "no setting acount here",
        ],
    );
    let output = onshi(&["config", "check", file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        (&report["part"], &report["findings"][0]["line"]),
        (&Value::from("gateway"), &Value::from(6))
    );
    let en = report["findings"][0]["en"].as_str().unwrap();
    assert!(en.contains("acount"), "{en}");
}

#[test]
fn two_listeners_on_one_address_are_told_before_the_center_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("center.toml");
    // Bound to no port by anybody: it is let go before it is looked at.
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = port.local_addr().unwrap().port();
    let text = format!(
        "data_dir = \"{}/data\"\n[listen]\napi = \"127.0.0.1:0\"\nenroll = \"127.0.0.1:{port}\"\noperator = \"127.0.0.1:0\"\n\
         metrics = \"127.0.0.1:0\"\nhome = \"127.0.0.1:{port}\"\n",
        dir.path().display()
    );
    std::fs::write(&file, text).unwrap();
    let output = onshi(&["config", "check", file.to_str().unwrap()]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains(":7: home: enroll と同じ") && told.contains("choose another port"),
        "{told}"
    );
}

#[test]
fn what_is_wrong_with_an_address_names_the_option_it_was_given_with() {
    let clinic = Clinic::start();
    let notice = clinic.enrol();
    let (root, p12) = (clinic.path("center/root.pem"), clinic.path("clinic.p12"));
    let (p12_pw, pw) = (clinic.path("p12.pw"), clinic.path("link_app.pw"));
    let at = |center: &'static str| {
        [
            "--center",
            center,
            "--root",
            &root,
            "--p12",
            &p12,
            "--p12-password-file",
            &p12_pw,
            "--account",
            "link_app",
            "--password-file",
            &pw,
        ]
    };
    let form = ["--center を https://", "give --center like https://"];
    check(&[&["check"], &at("nonsense")[..]].concat(), &form);
    let list = ["claims", "list", "--tenant", "fund"];
    check(&[&list[..], &at("nonsense")[..]].concat(), &form);

    let (reference, out) = (clinic.path("reference"), clinic.path("new.p12"));
    let download = |enroll: &str, parts: &[&str]| {
        let arguments = [
            "certificate",
            "download",
            "--enroll",
            enroll,
            "--root",
            &root,
            "--request-id",
            notice["request_id"].as_str().unwrap(),
            "--reference-id-file",
            &reference,
            "--password-file",
            &p12_pw,
            "--out",
            &out,
        ];
        let output = onshi(&arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!text.contains("--center"), "{text}");
        check(&arguments, parts);
    };
    download("nonsense", &["--enroll を", "give --enroll like"]);
    download(
        &clinic.api,
        &["api のアドレス", "this is the api listener", ":8444"],
    );
    // Bound without listening: nobody else takes the port meanwhile.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = nobody.local_addr().unwrap().port();
    download(
        &format!("https://127.0.0.1:{port}"),
        &["回線と--enroll", "look at the line and --enroll"],
    );

    let (part, config) = (clinic.path("part"), clinic.path("part.toml"));
    succeed(&[
        "certificate",
        "import",
        "--data-dir",
        &part,
        "--name",
        "clinic",
        "--p12",
        &p12,
        "--p12-password-file",
        &p12_pw,
    ]);
    let text = format!(
        "data_dir = \"{part}\"\ncenter = \"nonsense\"\nca = \"{root}\"\n[identity]\nname = \"clinic\"\n"
    );
    std::fs::write(&config, text).unwrap();
    check(
        &[
            "certificate",
            "renew",
            "--config",
            &config,
            "--password-file",
            &p12_pw,
        ],
        &[
            "設定ファイルの center と enroll",
            "center and enroll of the settings file",
        ],
    );
}

/// A file system in memory, so small that it fills up. Gone with this value.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=256k", "none", at]);
        Self(at.into())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["--lazy", self.0.to_str().unwrap()]);
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = std::process::Command::new(program).args(arguments).status();
    assert!(status.unwrap().success(), "{program} {arguments:?}");
}

#[test]
fn a_full_disk_under_the_link_loses_no_file() {
    let clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    let small = SmallDisk::mount(&clinic.path("small"));
    let settings = std::fs::read_to_string(clinic.path("gateway.toml")).unwrap();
    let settings = ["req", "res", "gateway/work"]
        .iter()
        .fold(settings, |text, folder| {
            text.replace(
                &format!("\"{}\"", clinic.path(folder)),
                &format!("\"{}\"", clinic.path(&format!("small/{folder}"))),
            )
        });
    std::fs::write(clinic.path("gateway.toml"), settings).unwrap();
    for folder in ["req", "res"] {
        std::fs::create_dir(small.0.join(folder)).unwrap();
    }
    for file in 0..5 {
        let name = format!("req/OQSsiquc01req_{file}.xml");
        std::fs::write(small.0.join(name), sample("OQSsiquc01req_202611230001.xml")).unwrap();
    }
    // Whatever room is left is taken: the answers find none.
    let filler = small.0.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
    drop(file);
    let gateway = clinic.start_gateway();
    let data_dir = std::path::PathBuf::from(clinic.path("gateway"));
    wait_until("the full disk is told of", || {
        let state = api::link_state::LinkState::read(&data_dir);
        let last = state.and_then(|it| it.folders.first()?.last_trouble.clone());
        last.is_some_and(|it| it.kind == api::link_state::Kind::Full && it.lasts)
    });
    let results = || std::fs::read_dir(small.0.join("res")).unwrap().count();
    assert_eq!(results(), 0, "nothing half");
    std::fs::remove_file(filler).unwrap();
    wait_until("five answers", || results() == 5);
    for result in std::fs::read_dir(small.0.join("res")).unwrap() {
        let text = std::fs::read_to_string(result.unwrap().path()).unwrap();
        assert!(text.ends_with("</XmlMsg>\n") && text.contains("<QualificationValidity>1<"));
    }
    assert_eq!(clinic.audit()["checks"], 5, "each was recorded once");
    gateway.kill();
}

#[test]
fn the_link_app_ends_although_a_file_hangs() {
    let clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    // Whoever writes into a pipe that nobody reads waits for ever, as with a share that is away.
    let pipe = clinic.path(&format!("gateway/{}.new", api::link_state::FILE));
    run("mkfifo", &[&pipe]);
    let request = sample("OQSsiquc01req_202611230001.xml");
    std::fs::write(clinic.path("req/OQSsiquc01req_1.xml"), request).unwrap();
    let gateway = clinic.start_gateway();
    wait_until("an answer", || clinic.results().len() == 1);
    let ending = std::thread::spawn(move || gateway.end());
    wait_until("its end", || ending.is_finished());
    ending.join().unwrap();
}

#[test]
fn a_link_app_that_begins_says_which_folders_are_watched_and_which_wait() {
    let clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    let (config, ready) = (clinic.path("gateway.toml"), clinic.path("watched.json"));
    let [req, res, work] = ["req2", "file", "gateway/work2"].map(|it| clinic.path(it));
    std::fs::write(&res, "no folder").unwrap();
    let settings = std::fs::read_to_string(&config).unwrap();
    let second = format!(
        "[[folders]]\nname = \"kiosk\"\nreq = \"{req}\"\nres = \"{res}\"\nwork = \"{work}\"\n"
    );
    std::fs::write(&config, settings + &second).unwrap();
    let mut child = command()
        .args(["gateway", "--config", &config, "--ready-file", &ready])
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let _gateway = Part::of(child);
    let told: Value = serde_json::from_str(&first_line(out)).unwrap();
    let expected = serde_json::json!({ "folders": ["receipt"], "waiting": ["kiosk"] });
    assert_eq!(told, expected);
    let file: Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert_eq!(file, expected);
}
