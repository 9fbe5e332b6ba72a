//! The table of faults, a row each. Explains nothing by another; that is in `fault`.

use super::{Fault, Texts};
use crate::diagnosis::Step;
use crate::equipment::Part;

/// A row of the table of faults.
pub(super) struct Row {
    pub(super) step: Step,
    pub(super) part: Part,
    pub(super) suspects: &'static [Part],
    pub(super) texts: Texts,
}

/// The row of a fault.
pub(super) fn row(fault: Fault) -> Row {
    match fault {
        Fault::ReaderUnplugged => of(
            Step::Reader,
            Part::Reader,
            &[],
            (
                "カードリーダーが見つかりません。",
                "The card reader is not found.",
            ),
            (
                "USBケーブルと電源を確かめ、差し直してください。差し直しても見つからないときは故障の窓口へ連絡してください。",
                "Check its USB cable and power and plug it in again. If it is still not found, call the desk.",
            ),
        ),
        Fault::ReaderOfOtherName => of(
            Step::Reader,
            Part::Reader,
            &[Part::Software],
            (
                "設定と違う名前のカードリーダーしかありません。",
                "Only card readers of other names than the settings' are connected.",
            ),
            (
                "機種を替えたときは、設定の reader を下の「見つかったリーダー」の名前に直してください。",
                "If the reader was exchanged, set reader to a name under “readers found”.",
            ),
        ),
        Fault::KeypadUnplugged => of(
            Step::Reader,
            Part::Reader,
            &[],
            (
                "暗証番号のキーパッドが見つかりません。",
                "The keypad for PINs is not found.",
            ),
            (
                "キーパッドのUSBケーブルを差し直してください。その間も、暗証番号は画面で入力できます。",
                "Plug its USB cable in again. Until then PINs can be typed on the screen.",
            ),
        ),
        Fault::ReaderServiceDown => of(
            Step::ReaderService,
            Part::Pc,
            &[],
            (
                "カードリーダーのサービス（pcscd）が動いていません。",
                "The card reader service (pcscd) does not run.",
            ),
            (
                "パソコンを再起動してください。続くときは `systemctl start pcscd.socket` を管理者に頼んでください。",
                "Restart the PC. If that does not help, have `systemctl start pcscd.socket` run.",
            ),
        ),
        Fault::ReaderServiceLogsPins => of(
            Step::ReaderService,
            Part::Pc,
            &[],
            (
                "カードリーダーのサービスが暗証番号を記録に残す設定です。",
                "The card reader service writes PINs into its log.",
            ),
            (
                "すぐに患者さんの暗証番号の入力を止め、pcscd の起動の設定から --apdu・--debug を外して再起動し、記録を消してください。",
                "Let no PIN be typed; start pcscd without --apdu and --debug and erase its log.",
            ),
        ),
        Fault::KioskNotRunning => of(
            Step::Kiosk,
            Part::Software,
            &[],
            (
                "患者さんの画面（onshi kiosk）が動いていません。",
                "The patients' screen (onshi kiosk) does not run.",
            ),
            (
                "パソコンを再起動してください。続くときは `systemctl status onshi-kiosk` の内容を窓口に伝えてください。",
                "Restart the PC. If that does not help, tell the desk what `systemctl status onshi-kiosk` says.",
            ),
        ),
        Fault::KioskSettings => of(
            Step::Kiosk,
            Part::Software,
            &[],
            (
                "患者さんの画面の設定ファイルに誤りがあります。",
                "The settings file of the patients' screen is not good.",
            ),
            (
                "`onshi config check` の示す行を直してください。",
                "Mend the line that `onshi config check` names.",
            ),
        ),
        Fault::TerminalNotRunning => of(
            Step::Terminal,
            Part::Software,
            &[],
            (
                "端末のソフトウェア（onshi terminal）が動いていません。",
                "The terminal software (onshi terminal) does not run.",
            ),
            (
                "パソコンを再起動してください。続くときは `systemctl status onshi-terminal` の内容を窓口に伝えてください。",
                "Restart the PC. If that does not help, tell the desk what `systemctl status onshi-terminal` says.",
            ),
        ),
        Fault::TerminalPortTaken => of(
            Step::Terminal,
            Part::Software,
            &[Part::Pc],
            (
                "端末の画面のアドレスで、別のプログラムが応答しています。",
                "Another program answers at the address of the terminal's pages.",
            ),
            (
                "そのプログラムを止めるか、設定の listen を変えてください。",
                "Stop that program, or change listen in the settings.",
            ),
        ),
        Fault::TerminalSettings => of(
            Step::Terminal,
            Part::Software,
            &[],
            (
                "端末の設定ファイルに誤りがあります。",
                "The settings file of the terminal is not good.",
            ),
            (
                "`onshi config check` の示す行を直してください。",
                "Mend the line that `onshi config check` names.",
            ),
        ),
        Fault::DataFolderMissing => of(
            Step::Terminal,
            Part::Pc,
            &[Part::Software],
            (
                "端末のデータのフォルダーがありません。",
                "The terminal's data folder is missing.",
            ),
            (
                "ディスクが接続されているか確かめ、フォルダーをバックアップから戻してください。",
                "Check that its disk is connected, and restore the folder from a backup.",
            ),
        ),
        Fault::DataFolderReadOnly => of(
            Step::Terminal,
            Part::Pc,
            &[Part::Software],
            (
                "端末のデータのフォルダーに書き込めません。",
                "The terminal's data folder cannot be written.",
            ),
            (
                "フォルダーの権限を確かめてください。読み取り専用になったディスクは故障の前触れのことがあります。",
                "Check its rights. A disk that turned read-only may be about to fail.",
            ),
        ),
        Fault::DiskFull => of(
            Step::Terminal,
            Part::Pc,
            &[],
            ("ディスクに空きがありません。", "The disk is full."),
            (
                "不要なファイルを消して空きを作ってください。onshi のデータは消さないでください。",
                "Delete files that are not needed, none of onshi's.",
            ),
        ),
        Fault::ClockWrong => of(
            Step::Clock,
            Part::Pc,
            &[],
            (
                "パソコンの時計が合っていません。",
                "The PC's clock is wrong.",
            ),
            (
                "日付と時刻を合わせてください。電源を切るたびにずれるときは、パソコンの電池の交換が必要です。",
                "Set date and time. If it is wrong after every switching off, the PC's battery has to be exchanged.",
            ),
        ),
        Fault::CertificateMissing => of(
            Step::Certificate,
            Part::Software,
            &[],
            (
                "電子証明書がこのパソコンにありません。",
                "The electronic certificate is not on this PC.",
            ),
            (
                "バックアップの .p12 ファイルを取り込んでください。なければ再発行を申請してください。",
                "Bring the .p12 file of the backup in again; without one, apply for a new certificate.",
            ),
        ),
        Fault::CertificateUnreadable => of(
            Step::Certificate,
            Part::Software,
            &[Part::Pc],
            (
                "電子証明書を読み取れません。",
                "The electronic certificate cannot be read.",
            ),
            (
                "バックアップの .p12 ファイルを取り込み直してください。パソコンを替えたときも同じです。",
                "Bring the .p12 file of the backup in again, also after the PC was exchanged.",
            ),
        ),
        Fault::CertificateOfOtherKind => of(
            Step::Certificate,
            Part::Software,
            &[],
            (
                "取り込まれた証明書は、医療機関等の電子証明書ではありません。",
                "The certificate brought in is no facility's.",
            ),
            (
                "センターから受け取った .p12 ファイルを取り込み直してください。",
                "Bring in the .p12 file received from the center.",
            ),
        ),
        Fault::CertificateExpired => of(
            Step::Certificate,
            Part::Software,
            &[],
            (
                "電子証明書の有効期限が切れています。",
                "The electronic certificate has expired.",
            ),
            (
                "再発行を申請してください。届くまでは資格確認ができません。",
                "Apply for a new one. No check is possible until it is here.",
            ),
        ),
        Fault::RootUnreadable => of(
            Step::Certificate,
            Part::Software,
            &[],
            (
                "センターのルート証明書を読み取れません。",
                "The center's root certificate cannot be read.",
            ),
            (
                "設定の ca のファイルを、センターから受け取ったものに置き直してください。",
                "Put the center's root certificate where ca in the settings points.",
            ),
        ),
        Fault::NameUnknown => of(
            Step::NameResolution,
            Part::Software,
            &[Part::Router, Part::Center],
            (
                "センターの名前が見つかりません。",
                "The center's name is not known.",
            ),
            (
                "設定の center の綴りを確かめてください。正しければ、ルータの名前解決（DNS）の設定を窓口に尋ねてください。",
                "Check center in the settings. If it is right, ask the desk about the router's name resolution (DNS).",
            ),
        ),
        Fault::NameServerSilent => of(
            Step::NameResolution,
            Part::Router,
            &[
                Part::LineTerminator,
                Part::OpticalWiring,
                Part::Fibre,
                Part::ExchangeBuilding,
            ],
            (
                "名前を解決するサーバー（DNS）が応答しません。",
                "The name server (DNS) does not answer.",
            ),
            (
                "ルータの電源を入れ直し、ランプが点くまで待ってください。続くときは窓口へ連絡してください。",
                "Switch the router off and on and wait for its lamps. If that does not help, call the desk.",
            ),
        ),
        Fault::CableUnplugged => of(
            Step::Route,
            Part::Hub,
            &[Part::Pc, Part::Router],
            (
                "ネットワークのケーブルがつながっていません。",
                "No network cable is connected.",
            ),
            (
                "パソコンとHUBのLANケーブルを差し直し、HUBの電源を確かめてください。",
                "Plug in the LAN cables of PC and hub again and check the hub's power.",
            ),
        ),
        Fault::NoAddress => of(
            Step::Route,
            Part::Router,
            &[Part::Hub],
            (
                "パソコンに外へ出る経路がありません。",
                "The PC has no way out of the local network.",
            ),
            (
                "ルータの電源を確かめ、入れ直してください。その後パソコンを再起動してください。",
                "Check the router's power, switch it off and on, then restart the PC.",
            ),
        ),
        Fault::RouterSilent => of(
            Step::Route,
            Part::Router,
            &[Part::Hub],
            ("ルータが応答しません。", "The router does not answer."),
            (
                "ルータの電源を入れ直し、HUBとのケーブルを差し直してください。",
                "Switch the router off and on, and plug in its cable to the hub again.",
            ),
        ),
        Fault::CenterOutOfReach => of(
            Step::Route,
            Part::LineTerminator,
            &[
                Part::OpticalWiring,
                Part::Fibre,
                Part::ExchangeBuilding,
                Part::Router,
                Part::Center,
            ],
            (
                "ルータの先で、センターまで届きません。",
                "Beyond the router, the center is out of reach.",
            ),
            (
                "回線終端装置のランプを見てください。「認証」「光回線」のランプが消えているときは回線の故障です。ランプの様子を窓口に伝えてください。",
                "Look at the lamps of the line terminator. If those for line or authentication are dark, the line is broken. Tell the desk how they look.",
            ),
        ),
        Fault::CenterRefusesConnection => of(
            Step::Route,
            Part::Center,
            &[Part::Software, Part::Router],
            (
                "センターの機械は応答しますが、接続を受け付けません。",
                "The center's machine answers but takes no connection.",
            ),
            (
                "設定の center のポート番号を確かめてください。正しければセンターの障害です。お知らせを確かめ、コールセンターへ連絡してください。",
                "Check the port of center in the settings. If it is right, the center is out of order: call the call centre.",
            ),
        ),
        Fault::CenterSilent => of(
            Step::CenterTls,
            Part::Center,
            &[Part::Router],
            (
                "センターに接続できますが、応答がありません。",
                "The center takes the connection and says nothing.",
            ),
            (
                "センターの障害とみられます。数分待ってやり直してください。続くときはコールセンターへ連絡してください。",
                "The center seems out of order. Wait some minutes and try again, then call the call centre.",
            ),
        ),
        Fault::CenterNotOurs => of(
            Step::CenterTls,
            Part::Software,
            &[Part::Center, Part::Router],
            (
                "応答した相手は、登録されたセンターではありません。",
                "Whoever answers is not the center of our root certificate.",
            ),
            (
                "個人情報は送っていません。設定の center と ca を確かめ、心当たりがなければコールセンターへ連絡してください。",
                "Nothing was sent. Check center and ca in the settings, and call the call centre if you cannot explain it.",
            ),
        ),
        Fault::CenterOfOtherName => of(
            Step::CenterTls,
            Part::Software,
            &[Part::Center],
            (
                "センターの証明書の名前が、設定の名前と違います。",
                "The center's certificate bears another name than the settings.",
            ),
            (
                "設定の center を、センターから知らされた名前に直してください。",
                "Set center to the name the center gave you.",
            ),
        ),
        Fault::CenterCertificateExpired => of(
            Step::CenterTls,
            Part::Center,
            &[Part::Pc],
            (
                "センターの証明書の有効期限が切れています。",
                "The center's own certificate has expired.",
            ),
            (
                "パソコンの日付が正しければセンターの障害です。コールセンターへ連絡してください。",
                "If the PC's date is right, the center is at fault: call the call centre.",
            ),
        ),
        Fault::CertificateRevoked => of(
            Step::CenterTls,
            Part::Software,
            &[],
            (
                "電子証明書は失効しています。",
                "The electronic certificate was revoked.",
            ),
            (
                "新しい電子証明書があれば取り込んでください。なければ再発行を申請してください。",
                "Bring in the new certificate if there is one, else apply for one.",
            ),
        ),
        Fault::CertificateNotAccepted => of(
            Step::CenterTls,
            Part::Software,
            &[Part::Center],
            (
                "センターが電子証明書を受け付けません。",
                "The center does not accept the electronic certificate.",
            ),
            (
                "このセンターの電子証明書か確かめ、取り込み直してください。続くときはコールセンターへ連絡してください。",
                "Check that the certificate is of this center and bring it in again; if that does not help, call the call centre.",
            ),
        ),
        Fault::CenterTrouble => of(
            Step::CenterTls,
            Part::Center,
            &[],
            (
                "センターが障害を知らせています。",
                "The center reports trouble of its own.",
            ),
            (
                "お知らせを確かめ、数分待ってやり直してください。",
                "Read the notices, wait some minutes and try again.",
            ),
        ),
        Fault::SignInRefused => of(
            Step::SignIn,
            Part::Software,
            &[],
            (
                "センターがサインインを受け付けません。",
                "The center refuses the sign-in.",
            ),
            (
                "下のコードを確かめてください。ログイン中の方のサインインなら、サインインし直してください。連携アプリのパスワードが合わないとき（wrong_credentials）は、管理アカウントの「アカウント管理（登録）」で「連携アプリ用」のアカウントを新しく登録し、設定した業者に、gateway.toml の [account] の id をそのIDに替え、`onshi gateway seal-password` でそのパスワードを封印し、連携アプリを再起動するよう伝えてください。顔認証用のアカウントも同じで、kiosk.toml と `onshi kiosk seal-password` を使います。",
                "Look at the code below. If it is your own sign-in, sign in again. If the link app's password is refused (wrong_credentials), an administrator registers a new account of kind link app under Manage accounts; whoever set the PC up puts its ID into [account] id of gateway.toml, seals its password with `onshi gateway seal-password` and restarts the link app. A reader's account alike, with kiosk.toml and `onshi kiosk seal-password`.",
            ),
        ),
        Fault::LinkAppNotRunning => of(
            Step::LinkApp,
            Part::Software,
            &[],
            (
                "連携アプリ（onshi gateway）が動いていません。",
                "The link app (onshi gateway) does not run.",
            ),
            (
                "パソコンを再起動してください。続くときは `systemctl status onshi-gateway` の内容を窓口に伝えてください。",
                "Restart the PC. If that does not help, tell the desk what `systemctl status onshi-gateway` says.",
            ),
        ),
        Fault::LinkAppSettings => of(
            Step::LinkApp,
            Part::Software,
            &[],
            (
                "連携アプリの設定ファイルに誤りがあります。",
                "The settings file of the link app is not good.",
            ),
            (
                "`onshi config check` の示す行を直してください。",
                "Mend the line that `onshi config check` names.",
            ),
        ),
        Fault::FolderMissing => of(
            Step::LinkFolders,
            Part::ReceiptComputer,
            &[Part::Hub, Part::Software],
            (
                "レセコンとの連携フォルダーがありません。",
                "A folder of the receipt computer is missing.",
            ),
            (
                "共有フォルダーのときは、レセコンの電源とネットワークを確かめてください。フォルダーを消したときは作り直してください。",
                "If it is shared, check power and network of the receipt computer. If it was deleted, make it again.",
            ),
        ),
        Fault::FolderReadOnly => of(
            Step::LinkFolders,
            Part::ReceiptComputer,
            &[Part::Pc, Part::Software],
            (
                "連携フォルダーに書き込めません。",
                "A folder of the receipt computer cannot be written.",
            ),
            (
                "フォルダーの権限を、連携アプリの利用者が書き込めるように直してください。",
                "Give the user of the link app the right to write there.",
            ),
        ),
        Fault::FolderFull => of(
            Step::LinkFolders,
            Part::ReceiptComputer,
            &[Part::Pc],
            (
                "連携フォルダーのディスクに空きがありません。",
                "The disk of a folder of the receipt computer is full.",
            ),
            (
                "不要なファイルを消して空きを作ってください。",
                "Delete files that are not needed.",
            ),
        ),
        Fault::FoldersOnOtherDisks => of(
            Step::LinkFolders,
            Part::Software,
            &[Part::ReceiptComputer],
            (
                "連携フォルダーと作業フォルダーが、別のディスクにあります。",
                "The folders and the work folder lie on different file systems.",
            ),
            (
                "設定の work を、req や res と同じディスクの、外側のフォルダーにしてください。",
                "Set work to a folder on the disk of req and res, outside of them.",
            ),
        ),
        Fault::ResultsNotTaken => of(
            Step::LinkFolders,
            Part::ReceiptComputer,
            &[],
            (
                "レセコンが結果のファイルを取り込んでいません。",
                "The receipt computer does not take its results.",
            ),
            (
                "レセコンの連携の画面や設定を確かめ、レセコンの会社へ連絡してください。結果は履歴でも見られます。",
                "Check the link in the receipt computer and call its maker. The results are in the history, too.",
            ),
        ),
    }
}

fn of(
    step: Step,
    part: Part,
    suspects: &'static [Part],
    what: (&'static str, &'static str),
    remedy: (&'static str, &'static str),
) -> Row {
    Row {
        step,
        part,
        suspects,
        texts: Texts { what, remedy },
    }
}
