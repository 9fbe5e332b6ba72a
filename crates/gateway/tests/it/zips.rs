//! Password zips through the folders. Answers in the old cipher are opened by Python's library, which shares nothing with ours.

use std::io::{Cursor, Write};
use std::process::Command;

use gateway::config::{AnswerEncoding, Forgotten};
use gateway::zipped::{AnswerCipher, Zip};
use zip::write::FileOptions;
use zip::{AesMode, ZipWriter};

use crate::link::{Link, request};

const PASSWORD: &str = "himitsu-12345";

fn zipped(name: &str, xml: &[u8], password: Option<&str>) -> Vec<u8> {
    let mut options = FileOptions::<()>::default();
    if let Some(password) = password {
        options = options.with_aes_encryption(AesMode::Aes256, password);
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options).unwrap();
    writer.write_all(xml).unwrap();
    writer.finish().unwrap().into_inner()
}

#[expect(clippy::disallowed_methods, reason = "tests start other programs")]
fn opened(file: &std::path::Path) -> String {
    let script = "import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1]); [name] = archive.namelist()
sys.stdout.buffer.write(name.encode() + b'\\n' + archive.read(name, sys.argv[2].encode()))";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .arg(PASSWORD)
        .output()
        .expect("installed by `cargo xtask test`");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn link() -> Link {
    link_in(AnswerEncoding::default()).await
}

async fn link_in(encoding: AnswerEncoding) -> Link {
    let mut link = Link::start_with(encoding, Forgotten::default()).await;
    let password = PASSWORD.as_bytes().to_vec();
    let prefixes = vec!["OQSsiquc01".to_owned()];
    link.restart_with_zip(Zip::new(prefixes, password.into(), AnswerCipher::ZipCrypto));
    link
}

#[tokio::test]
async fn a_request_in_a_password_zip_is_answered_in_one_under_its_name() {
    let mut link = link().await;
    let bytes = zipped("OQSsiquc01req_1.xml", &request(), Some(PASSWORD));
    link.put("req/OQSsiquc01req_1.zip", bytes);
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.names("res"), ["OQSsiquc01res_1.zip"]);
    assert_eq!(link.names("req"), Vec::<String>::new());
    let answer = opened(&link.path("res/OQSsiquc01res_1.zip"));
    assert!(answer.starts_with("OQSsiquc01res_1.xml\n<?xml"), "{answer}");
    assert!(answer.contains("<Name>資格　太郎</Name>"));
}

#[tokio::test]
async fn a_name_that_the_encoding_lacks_lies_open_nowhere_beside_a_password_zip() {
    let mut link = link_in(AnswerEncoding::ShiftJis).await;
    // About the sample person with the rare name.
    let asked = String::from_utf8(request()).unwrap();
    let asked = asked
        .replace("４５６７", "４５７０")
        .replace("19700102", "19880808");
    let bytes = zipped("OQSsiquc01req_1.xml", asked.as_bytes(), Some(PASSWORD));
    link.put("req/OQSsiquc01req_1.zip", bytes);
    assert_eq!(link.round().await.unwrap(), 1);
    let texts = "onshi-original_OQSsiquc01res_1.zip.json.zip";
    assert_eq!(link.names("res"), ["OQSsiquc01res_1.zip", texts]);
    for name in link.names("res") {
        let bytes = link.read(&format!("res/{name}"));
        let mut parts = bytes.windows("𠮷".len());
        assert!(!parts.any(|it| it == "𠮷".as_bytes()), "{name}");
    }
    let opened = opened(&link.path(&format!("res/{texts}")));
    assert!(
        opened.starts_with("onshi-original_OQSsiquc01res_1.xml.json\n{"),
        "{opened}"
    );
    assert!(opened.contains("𠮷"), "{opened}");
}

#[tokio::test]
async fn original_texts_that_an_earlier_version_left_open_do_not_stand_beside_the_next_zip() {
    // The sample person with the rare name has original texts in Shift_JIS alone.
    for (encoding, number, born, count) in [
        (AnswerEncoding::Utf8, "４５６７", "19700102", 1),
        (AnswerEncoding::ShiftJis, "４５７０", "19880808", 2),
    ] {
        let mut link = link_in(encoding).await;
        let open = "onshi-original_OQSsiquc01res_1.zip.json";
        link.put(&format!("res/{open}"), "{}");
        let asked = String::from_utf8(request()).unwrap();
        let asked = asked.replace("４５６７", number).replace("19700102", born);
        let bytes = zipped("OQSsiquc01req_1.xml", asked.as_bytes(), Some(PASSWORD));
        link.put("req/OQSsiquc01req_1.zip", bytes);
        assert_eq!(link.round().await.unwrap(), 1);
        let names = link.names("res");
        assert_eq!(names.len(), count, "{names:?}");
        assert!(!names.iter().any(|it| it == open), "{names:?}");
    }
}

#[tokio::test]
async fn a_zip_that_cannot_be_opened_comes_back_with_the_reason_and_plain_files_do_too() {
    let mut link = link().await;
    let name = "OQSsiquc01req_1.xml";
    let cases = [
        ("2.zip", zipped(name, &request(), Some("chigau-12345"))),
        ("3.zip", zipped(name, &request(), None)),
        ("4.xml", request()),
    ];
    for (suffix, bytes) in &cases {
        link.put(&format!("req/OQSsiquc01req_{suffix}"), bytes);
    }
    // What may still be written is given its time.
    for _ in 0..2 {
        link.round().await.unwrap();
        link.later(11);
    }
    for (suffix, bytes) in &cases {
        let back = link.read(&format!("res/OQSsiquc01req_{suffix}"));
        assert_eq!(&back, bytes, "{suffix} comes back as it was");
        let (number, _) = suffix.split_once('.').unwrap();
        let reason = link.text(&format!("res/OQSsiquc01req_{number}.err"));
        assert!(reason.contains("zip"), "{reason}");
        assert!(!reason.contains(PASSWORD) && !reason.contains("himitsu"));
    }
    assert_eq!(link.names("res").len(), 6);
}
