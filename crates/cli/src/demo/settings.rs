//! Settings files of the demo's parts, as a clinic has them: the doctor looks into them, and whoever wants to see one finds one. Nothing
//! of the demo starts from them.

use std::path::Path;

use crate::told;

/// File name of the terminal's settings.
const TERMINAL: &str = "terminal.toml";

/// File name of the link app's settings.
pub(crate) const GATEWAY: &str = "gateway.toml";

/// File name of the kiosk's settings.
pub(crate) const KIOSK: &str = "kiosk.toml";

/// A path as TOML writes it.
fn quoted(path: &Path) -> toml::Value {
    toml::Value::String(path.display().to_string())
}

fn write(dir: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let file = dir.join(name);
    std::fs::write(&file, text).map_err(|error| told::unwritable(&file, &error))
}

/// Writes the terminal's, with the address at which it was started.
pub(crate) fn write_terminal(
    dir: &Path,
    config: &terminal::config::Config,
    pages: &str,
) -> anyhow::Result<()> {
    let port = pages.trim_end_matches('/').rsplit(':').next();
    let mut text = format!(
        "data_dir = {}\ncenter = \"{}\"\nca = {}\nlisten = \"127.0.0.1:{}\"\nhost_name = \"{}\"\n",
        quoted(&config.data_dir),
        config.center,
        quoted(&config.ca),
        port.unwrap_or("0"),
        config.host_name,
    );
    if let Some(reader) = &config.reader {
        text.push_str(&format!("reader = \"{reader}\"\n"));
    }
    if let Some(file) = &config.interactions {
        text.push_str(&format!("interactions = {}\n", quoted(file)));
    }
    text.push_str(&format!(
        "[identity]\nname = \"{}\"\n[doctor]\n",
        config.identity.name
    ));
    let neighbours = [
        ("kiosk", &config.doctor.kiosk),
        ("gateway", &config.doctor.gateway),
    ];
    for (part, file) in neighbours {
        if let Some(file) = file {
            text.push_str(&format!("{part} = {}\n", quoted(file)));
        }
    }
    write(dir, TERMINAL, &text)
}

/// Writes the link app's.
pub(crate) fn write_gateway(dir: &Path, config: &gateway::config::Config) -> anyhow::Result<()> {
    let mut text = format!(
        "data_dir = {}\ncenter = \"{}\"\nca = {}\n[identity]\nname = \"{}\"\n[account]\nid = \"{}\"\nsecret_file = {}\n",
        quoted(&config.data_dir),
        config.center,
        quoted(&config.ca),
        config.identity.name,
        config.account.id,
        quoted(&config.account.secret_file),
    );
    for pair in &config.folders {
        text.push_str(&format!(
            "[[folders]]\nname = \"{}\"\nreq = {}\nres = {}\nwork = {}\n",
            pair.name,
            quoted(&pair.req),
            quoted(&pair.res),
            quoted(&pair.work),
        ));
        if let Some(face) = &pair.face {
            text.push_str(&format!("face = {}\n", quoted(face)));
        }
    }
    write(dir, GATEWAY, &text)
}

/// Writes the kiosk's.
pub(crate) fn write_kiosk(dir: &Path, config: &kiosk::config::Config) -> anyhow::Result<()> {
    let text = format!(
        "data_dir = {}\ncenter = \"{}\"\nca = {}\nreader = \"{}\"\nprofile = \"{}\"\nhost_name = \"{}\"\n[identity]\nname = \"{}\"\n\
         [account]\nid = \"{}\"\nsecret_file = {}\n",
        quoted(&config.data_dir),
        config.center,
        quoted(&config.ca),
        config.reader,
        config.profile,
        config.host_name,
        config.identity.name,
        config.account.id,
        quoted(&config.account.secret_file),
    );
    write(dir, KIOSK, &text)
}
