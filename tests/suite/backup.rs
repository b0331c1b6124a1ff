//! What `backup` writes is what `restore` puts on an empty machine, and nothing of it is taken unlooked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::psql;
use crate::support::TestDatabase;
use crate::support::city::{City, rules};
use crate::support::service::{Service, fresh_folder, send_bytes};

/// A ledger with payments, a sealed account and a file of evidence, its backup, and its keys in another folder.
struct Backup {
    service: Arc<Service>,
    officer: String,
    folder: PathBuf,
    keys: PathBuf,
}

impl Backup {
    fn make() -> Self {
        let service = Arc::new(Service::start());
        let city = City::found(&service, "kept", &rules(json!({})), "1000000");
        let voucher = city.voucher("500000");
        let claim = city.approved(&voucher, "10000", false);
        city.paid(&[&claim], "2025-01-02");
        let path = "/v1/evidence?kind=contract&organisation=91310000MA1FL0000N";
        let pdf = b"%PDF-1.7\n% a contract\n%%EOF\n";
        let stored =
            send_bytes(&service.base, "POST", path, &city.lin, pdf, &[("Idempotency-Key", "file-1")]).0;
        assert_eq!(stored.status, 201, "{}", stored.text);
        let officer = city.lin.clone();
        let [folder, keys] = [(); 2].map(|()| fresh_folder().join("backup"));
        let words = ["backup", "--out", path_of(&folder), "--keys-out", path_of(&keys), "--json"];
        let said: Value = serde_json::from_str(&service.cli(&words)).unwrap();
        assert_eq!(
            (&said["manifest"]["evidence"], &said["manifest"]["agencies"][0]["agency"]),
            (&json!(1), &json!("kept"))
        );
        Self { service, officer, folder, keys }
    }

    fn restored(&self, data: &Path, database_url: Option<&str>) -> (i32, String) {
        let words = ["restore", path_of(&self.folder), "--keys", path_of(&self.keys)];
        ended(data, database_url, &words)
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        for folder in [&self.folder, &self.keys] {
            fs::remove_dir_all(folder.parent().unwrap()).ok();
        }
    }
}

fn path_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The binary on a data folder, however it ends: its code, and all that it said.
fn ended(data: &Path, database_url: Option<&str>, words: &[&str]) -> (i32, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_subsidy-ledger"));
    command.env_remove("DATABASE_URL").env("SUBSIDY_LEDGER_DATA", data).args(words);
    let done = command.envs(database_url.map(|url| ("DATABASE_URL", url))).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_backup_is_restored_on_an_empty_machine_where_it_verifies_and_serves() {
    let backup = Backup::make();
    let vouchers =
        |service: &Service| service.send("GET", "/v1/vouchers", Some(&backup.officer), None, &[]).json();
    let before = vouchers(&backup.service);
    // what was done after the backup is not in it
    let body =
        json!({"credit_code": "91330100MA2AX00016", "name": "后来者", "category": "private_enterprise"});
    let later = backup.service.send("POST", "/v1/organisations", Some(&backup.officer), Some(&body), &[]);
    assert_eq!(later.status, 201, "{}", later.text);

    let data = fresh_folder();
    let (code, said) = backup.restored(&data, None);
    assert!(code == 0 && said.contains("1 files of evidence are whole"), "{code} {said}");
    let (code, said) = ended(&data, None, &["doctor"]);
    assert_eq!(code, 0, "{said}");
    // it serves, to the tokens of before, and what is written is the log's next entry
    {
        let service = Service::start_durable(&data);
        assert_eq!(vouchers(&service), before);
        let again = service.send("POST", "/v1/organisations", Some(&backup.officer), Some(&body), &[]);
        assert_eq!(again.status, 201, "{}", again.text);
        assert!(service.cli(&["verify", "--agency", "kept", "--evidence"]).contains("verified"));
    }
    // never over what is there
    let (code, said) = backup.restored(&data, None);
    assert!(code == 1 && said.contains("is there already"), "{code} {said}");
    fs::remove_dir_all(&data).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_a_server_of_ones_own() {
    let backup = tokio::task::spawn_blocking(Backup::make).await.unwrap();
    let database = TestDatabase::empty().await;
    let url = database.url("subsidy_owner");
    let data = fresh_folder();
    let (code, said) = backup.restored(&data, Some(&url));
    assert_eq!(code, 0, "{said}");
    let owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class AS c JOIN pg_namespace AS n \
                  ON n.oid = c.relnamespace WHERE nspname = 'agency_kept'";
    assert_eq!(psql(&url, owners).out.trim(), "subsidy_owner");
    // it can be brought to a later release, and the roles may do what the release says
    for words in [&["migrate"][..], &["doctor"]] {
        let (code, said) = ended(&data, Some(&url), words);
        assert_eq!(code, 0, "{words:?}: {said}");
    }
    fs::remove_dir_all(&data).unwrap();
}

#[test]
fn what_is_not_a_whole_backup_is_refused_before_anything_is_made() {
    let backup = Backup::make();
    let data = fresh_folder();
    let refused = |code: i32, word: &str| {
        let (ended, said) = backup.restored(&data, None);
        assert!(ended == code && said.contains(word), "{ended} {said}");
        assert!(!data.join("postgres").exists(), "{said}");
    };
    let flip = |name: &str| {
        let path = backup.folder.join(name);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        let last = bytes.len() / 2;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        move || fs::write(&path, whole).unwrap()
    };
    for name in ["database.dump", "checkpoints/kept"] {
        let mend = flip(name);
        refused(3, name);
        mend();
    }
    let manifest = backup.folder.join("backup.json");
    let away = backup.folder.join("away");
    fs::rename(&manifest, &away).unwrap();
    refused(2, "no finished backup");
    fs::rename(&away, &manifest).unwrap();

    // a backup goes into a folder of its own, and its keys into another
    let (within, out) = (backup.folder.join("keys"), data.join("b"));
    for (words, says) in [
        (&["backup", "--out", path_of(&backup.folder)][..], "is not empty"),
        (
            &["backup", "--out", path_of(&out), "--keys-out", path_of(&out.join("k"))],
            "--keys-out lies within",
        ),
    ] {
        let (code, said) = backup.service.ended(words);
        assert!(code == 2 && said.contains(says), "{code} {said}");
    }
    assert!(!within.exists());
    fs::remove_dir_all(&data).unwrap();

    // a file of evidence that was altered, and keys of another ledger
    let data = fresh_folder();
    let two = fs::read_dir(backup.folder.join("evidence/sha256")).unwrap().next().unwrap().unwrap().path();
    let file = fs::read_dir(two).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&file).unwrap();
    fs::write(&file, b"%PDF-1.7\n% another\n%%EOF\n").unwrap();
    let (code, said) = backup.restored(&data, None);
    assert!(code == 3 && said.contains("other bytes"), "{code} {said}");
    fs::write(&file, whole).unwrap();
    fs::write(data.join("keys/account.key"), "0".repeat(64)).unwrap();
    let (code, said) = backup.restored(&data, None);
    assert!(code == 1 && said.contains("keys of another ledger"), "{code} {said}");
    fs::remove_dir_all(data.join("keys")).unwrap();
    // what was interrupted is begun anew
    let (code, said) = backup.restored(&data, None);
    assert_eq!(code, 0, "{said}");
    fs::remove_dir_all(&data).unwrap();
}
