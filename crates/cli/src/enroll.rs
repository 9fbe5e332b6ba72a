//! Enrolment from the shell: the notice for the operator, the download for the facility.

mod applications;
mod recovery;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use api::client::{Client, ClientError};
use center::control::{self, Order, Reply};
use center::enroll::{Enrolled, Enrolment, ReaderEnrolment};
use clap::{Args, Subcommand};
use pki::installed::Installed;

use crate::certificate_care::{BackupArguments, RemoveArguments, RenewArguments};
use crate::client::{Given, explain_of};
use crate::reissue::{ListArguments, ReissueArguments, RevokeArguments};
use crate::told;

/// `onshi enroll`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example: onshi enroll --data-dir /var/lib/onshi --code 1319999999 --name 見本クリニック --terminal 受付1 --notice notice.html"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<EnrollCommand>,
    #[command(flatten)]
    facility: Option<FacilityArguments>,
}

/// What is enrolled beside a facility and its terminals, and what becomes of their certificates.
#[derive(Subcommand)]
enum EnrollCommand {
    /// Issue a terminal's certificate anew, after its deadline, a loss or a broken PC; prints the notice once.
    #[command(
        after_help = "Example: onshi enroll reissue --data-dir /var/lib/onshi --code 1319999999 --terminal 受付1 --notice notice.html"
    )]
    Reissue(ReissueArguments),
    /// Revoke all certificates of a terminal that is given up; open connections end at once.
    #[command(
        after_help = "Example: onshi enroll revoke --data-dir /var/lib/onshi --code 1319999999 --terminal 受付1"
    )]
    Revoke(RevokeArguments),
    /// List a facility's certificates and its terminals without one, or the certificates reported lost.
    #[command(
        after_help = "Example: onshi enroll list --data-dir /var/lib/onshi --code 1319999999\n         \
        onshi enroll list --data-dir /var/lib/onshi --lost\n\n\
            A terminal without a certificate is in state notice until the last day of its notice, which stands there, then overdue;\n\
            closed where the notice was closed."
    )]
    List(ListArguments),
    /// Say what a reader has: terminal keys, comparison of faces. What is left out is taken away.
    #[command(
        after_help = "Example: onshi enroll reader --data-dir /var/lib/onshi --code 1319999999 --reader reader --terminal-keys --face"
    )]
    Reader {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Ten-digit institution code.
        #[arg(long)]
        code: String,
        /// The reader's account, or pc: and the name of a terminal for its general card reader.
        #[arg(long)]
        reader: String,
        /// It holds terminal keys: cards sign for it without their PIN.
        #[arg(long)]
        terminal_keys: bool,
        /// It is a reader of another maker that compares faces, which this software does not yet; needs terminal keys, too.
        #[arg(long)]
        face: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the open applications for certificates, the oldest first, or decline one with a reason. A notice closes what it answers.
    #[command(
        after_help = "Example: onshi enroll applications --data-dir /var/lib/onshi\n         \
        onshi enroll applications --data-dir /var/lib/onshi --decline AAAA-BBBB-CCCC --reason 連絡が取れません"
    )]
    Applications(applications::ApplicationsArguments),
    #[command(flatten)]
    Recovery(recovery::RecoveryCommand),
}

/// A facility or another of its terminals.
#[derive(Args)]
struct FacilityArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Ten-digit institution code.
    #[arg(long)]
    code: String,
    /// Name of the facility.
    #[arg(long)]
    name: String,
    /// Name of the terminal.
    #[arg(long)]
    terminal: String,
    /// medical, dental, pharmacy or home_nursing; by the code when left out.
    #[arg(long)]
    kind: Option<String>,
    /// Write the notice here as a page to print, readable by this user only, instead of showing it.
    #[arg(long, conflicts_with = "json")]
    notice: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi certificate`.
#[derive(Subcommand)]
pub(crate) enum CertificateCommand {
    /// Download the certificate of a notice, again and again until its deadline.
    #[command(
        after_help = "Example: onshi certificate download --enroll https://center.example:8444 --root root.pem \\\n  \
        --request-id XXXX-XXXX-XXXX --reference-id-file ref.txt --password-file pw.txt --out clinic.p12"
    )]
    Download {
        /// Address of the center's enroll listener.
        #[arg(long)]
        enroll: String,
        /// The center's root certificate, PEM.
        #[arg(long)]
        root: PathBuf,
        /// Request ID of the notice.
        #[arg(long)]
        request_id: String,
        /// File holding the reference ID.
        #[arg(long)]
        reference_id_file: PathBuf,
        /// File holding the password that will protect the PKCS#12 file.
        #[arg(long)]
        password_file: PathBuf,
        /// Encrypt with 3DES, for Windows before 10 (1709).
        #[arg(long)]
        legacy: bool,
        /// Make an RSA key instead of P-256.
        #[arg(long)]
        rsa: bool,
        /// Where to write the PKCS#12 file.
        #[arg(long)]
        out: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Seal a PKCS#12 file into a part's data folder, for gateway and terminal.
    #[command(
        after_help = "Example: onshi certificate import --data-dir /var/lib/onshi-gateway --name clinic --p12 clinic.p12 --p12-password-file p12.pw"
    )]
    Import {
        /// Data folder of the part.
        #[arg(long)]
        data_dir: PathBuf,
        /// Name the settings file uses.
        #[arg(long)]
        name: String,
        /// The PKCS#12 file; it stays where it is.
        #[arg(long)]
        p12: PathBuf,
        /// File holding its password.
        #[arg(long)]
        p12_password_file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Renew the certificate a terminal's settings name; its running parts use the new one at once.
    #[command(
        after_help = "Example: onshi certificate renew --config /etc/onshi/terminal.toml --password-file pw.txt"
    )]
    Renew(RenewArguments),
    /// Copy a downloaded certificate to other hardware, read it back and open it.
    #[command(
        after_help = "Example: onshi certificate backup --config /etc/onshi/terminal.toml --file onshi-1319999999-20261126.p12 \\\n  \
        --to /media/stick --password-file pw.txt"
    )]
    Backup(BackupArguments),
    /// Take a certificate that is no longer used off a terminal, with its key; the center is not told.
    #[command(
        after_help = "Example: onshi certificate remove --config /etc/onshi/terminal.toml --name branch"
    )]
    Remove(RemoveArguments),
    /// Revoke a certificate and all renewed from it; open connections end at once.
    #[command(
        after_help = "Example: onshi certificate revoke --data-dir /var/lib/onshi --fingerprint 0123…"
    )]
    Revoke {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// SHA-256 of the certificate, hexadecimal.
        #[arg(long)]
        fingerprint: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match (arguments.command, arguments.facility) {
        (Some(command), _) => run_command(command).await,
        (None, Some(facility)) => run_facility(facility).await,
        // The parser asks for the options of a facility where there is no command.
        (None, None) => Err(told::both(
            "施設の情報（--code など）か、reader を指定してください。",
            "give a facility (--code and so on), or reader",
        )),
    }
}

async fn run_command(command: EnrollCommand) -> anyhow::Result<ExitCode> {
    let (data_dir, code, reader, terminal_keys, face, json) = match command {
        EnrollCommand::Reissue(arguments) => return arguments.run().await,
        EnrollCommand::Revoke(arguments) => return arguments.run().await,
        EnrollCommand::List(arguments) => return arguments.run().await,
        EnrollCommand::Applications(arguments) => return arguments.run().await,
        EnrollCommand::Reader {
            data_dir,
            code,
            reader,
            terminal_keys,
            face,
            json,
        } => (data_dir, code, reader, terminal_keys, face, json),
        EnrollCommand::Recovery(command) => return recovery::run(command).await,
    };
    let enrolment = ReaderEnrolment {
        code,
        reader: reader.clone(),
        terminal_keys,
        face,
    };
    order(&data_dir, Order::EnrollReader(enrolment)).await?;
    say(json, "enrolled", &reader, "登録しました / enrolled");
    Ok(ExitCode::SUCCESS)
}

async fn run_facility(arguments: FacilityArguments) -> anyhow::Result<ExitCode> {
    look_for_notice(arguments.notice.as_deref())?;
    let enrolled = enroll(
        &arguments.data_dir,
        Enrolment {
            code: arguments.code,
            kind: arguments.kind,
            name: arguments.name,
            terminal: arguments.terminal,
        },
    )
    .await?;
    show_notice(&enrolled, arguments.notice.as_deref(), arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses to write a notice over another file.
pub(crate) fn look_for_notice(file: Option<&Path>) -> anyhow::Result<()> {
    match file.filter(|file| file.exists()) {
        Some(file) => Err(told::both(
            &format!(
                "{} は既にあります。別の名前を指定してください。",
                file.display()
            ),
            &format!(
                "{} exists; a notice never replaces another file",
                file.display()
            ),
        )),
        None => Ok(()),
    }
}

/// Shows a notice, once: as a page to print, as JSON, or as text.
pub(crate) fn show_notice(
    enrolled: &Enrolled,
    file: Option<&Path>,
    json: bool,
) -> anyhow::Result<()> {
    if enrolled.is_nameless {
        err!(
            "onshi: 注意: この通知書のダウンロードサイトは localhost で、ほかの機器からは開けません。center.toml の host_names にセンターのホスト名を書いて             センターを再起動し、onshi enroll reissue で通知書を作り直してください。 / remark: the download site of this notice is localhost, which no other machine              reaches; write the center's host name into host_names of center.toml, restart the center and make the notice anew with onshi enroll reissue"
        );
    }
    if let Some(file) = file {
        if let Err(error) = write_notice(file, enrolled) {
            // It is made once: what could not be written must not be lost.
            print_notice(enrolled);
            return Err(error);
        }
        out!(
            "{}: 発行通知書を書き出しました。印刷してからファイルを消してください。 / the notice; print it, then delete the file",
            file.display()
        );
    } else if json {
        out!("{}", serde_json::to_string_pretty(enrolled)?);
    } else {
        print_notice(enrolled);
    }
    Ok(())
}

/// Enrols at the running center of a data folder.
pub(crate) async fn enroll(data_dir: &Path, enrolment: Enrolment) -> anyhow::Result<Enrolled> {
    match order(data_dir, Order::Enroll(enrolment)).await? {
        Reply::Enrolled(enrolled) => Ok(*enrolled),
        _ => Err(other_answer()),
    }
}

/// Sends an order; a refusal is an error.
pub(crate) async fn order(data_dir: &Path, order: Order) -> anyhow::Result<Reply> {
    match control::send(data_dir, &order).await {
        Ok(Reply::Refused(why)) => bail!("{why}"),
        Ok(reply) => Ok(reply),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(other_answer()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(told::both(
            "センターの制御用ソケットを開く権限がありません。センターの利用者で実行してください。",
            "this user may not open the center's control socket; run it as the center's user",
        )),
        Err(_) => Err(told::no_center(data_dir)),
    }
}

/// A center of another version than this command.
pub(crate) fn other_answer() -> anyhow::Error {
    told::both(
        "センターの応答を理解できません。センターと同じ版の onshi を使ってください。",
        "the center's answer is not understood; use the onshi of the center's version",
    )
}

fn write_notice(file: &Path, enrolled: &Enrolled) -> anyhow::Result<()> {
    let page = center::issue_notice::page(enrolled)?;
    pki::sealed::write_private(file, page.as_bytes())?;
    Ok(())
}

fn print_notice(enrolled: &Enrolled) {
    out!("電子証明書取得発行通知書 / issue notice (shown once)");
    for (ja, en, text) in [
        ("発行者", "issuer", &enrolled.issuer),
        (
            "ルート証明書 SHA-256",
            "root SHA-256",
            &enrolled.root_fingerprint,
        ),
        ("発行先", "issued to", &enrolled.code),
        ("端末名称等", "terminal", &enrolled.terminal),
        ("リクエストID", "request ID", &enrolled.request_id),
        ("リファレンスID", "reference ID", &enrolled.reference_id),
        (
            "電子証明書有効期間",
            "certificate valid for",
            &format!("{} months", enrolled.validity_months),
        ),
        (
            "ダウンロード期限",
            "download until",
            &enrolled.download_until,
        ),
        (
            "ダウンロードサイト",
            "download site",
            &enrolled.download_site,
        ),
    ] {
        out!("  {ja} / {en}: {text}");
    }
    if !enrolled.secret_number.is_empty() {
        out!("  秘密番号 / secret number: {}", enrolled.secret_number);
    }
    for account in &enrolled.accounts {
        out!("  {}: {} {}", account.kind, account.id, account.password);
    }
}

pub(crate) async fn certificate(command: CertificateCommand) -> anyhow::Result<ExitCode> {
    match command {
        CertificateCommand::Download {
            enroll,
            root,
            request_id,
            reference_id_file,
            password_file,
            legacy,
            rsa,
            out,
            json,
        } => {
            // What lies there may be another PC's certificate, whose key nobody else has.
            if out.exists() {
                return Err(told::exists(&out));
            }
            let body = serde_json::json!({
                "request_id": request_id,
                "reference_id": crate::client::secret(&reference_id_file)?,
                "password": crate::client::secret(&password_file)?,
                "legacy": legacy,
                "rsa": rsa,
            });
            let file = download(&enroll, &root, &body).await?;
            pki::sealed::write_private(&out, &file)?;
            let out = out.display().to_string();
            say(json, "written", &out, "書き込みました / written");
        }
        CertificateCommand::Import {
            data_dir,
            name,
            p12,
            p12_password_file,
            json,
        } => {
            let identity = crate::client::identity(&p12, &p12_password_file)?;
            Installed::of(&data_dir).install(&name, &identity)?;
            say(json, "sealed", &name, "封印しました / sealed");
        }
        CertificateCommand::Renew(arguments) => arguments.run().await?,
        CertificateCommand::Backup(arguments) => arguments.run().await?,
        CertificateCommand::Remove(arguments) => arguments.run()?,
        CertificateCommand::Revoke {
            data_dir,
            fingerprint,
            json,
        } => match order(&data_dir, Order::Revoke(fingerprint.clone())).await? {
            Reply::RevokedUnknown if json => {
                out!(
                    "{}",
                    serde_json::json!({"revoked": fingerprint, "known": false})
                );
            }
            Reply::RevokedUnknown => out!(
                "{fingerprint}: この証明書の記録はありませんが、失効として登録し、今後は拒否します。SHA-256に打ち間違いがないか確かめてください。\
                     この証明書から更新されたものには及びません。端末ごと失効させるには onshi enroll revoke を使ってください / \
                     no certificate of this SHA-256 is known; it is recorded as revoked and refused from now on. Make sure that it was typed right. \
                     What was renewed from it is not reached: `onshi enroll revoke` revokes all of a terminal"
            ),
            _ => say(json, "revoked", &fingerprint, "失効させました / revoked"),
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what was done: for a person, or as an object with one member.
fn say(json: bool, member: &str, what: &str, done: &str) {
    if json {
        out!("{}", serde_json::json!({member: what}));
    } else {
        out!("{what}: {done}");
    }
}

/// Downloads a PKCS#12 file.
pub(crate) async fn download(
    enroll: &str,
    root: &Path,
    body: &serde_json::Value,
) -> anyhow::Result<Vec<u8>> {
    let explained = |error: ClientError| explain_of(&error, Given::Enroll);
    let client = Client::new(enroll, &crate::client::root(root)?, None).map_err(explained)?;
    let body = serde_json::to_vec(body)?;
    let file = client
        .call(
            http::Method::POST,
            api::routes::CERTIFICATE_DOWNLOAD,
            None,
            None,
            Some(body),
        )
        .await;
    Ok(file.map_err(explained)?.to_vec())
}
