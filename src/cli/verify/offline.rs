//! `verify --export` and `verify --receipt`: from files alone.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use super::{VerifyArgs, VerifyFailure, progress_bar, show, text};
use crate::cli::language::say;
use subsidy_core::audit::note::VerifierKey;
use subsidy_core::audit::receipt::{Receipt, ReceiptError};
use subsidy_proofs::exports::{Depth, ExportCheck, Trust, check};

/// Verifies what was given, and says so on `out`. Answers whether it verifies.
pub fn run(args: &VerifyArgs, out: &mut impl Write) -> Result<bool, VerifyFailure> {
    let trusted = args.trusted()?;
    let verifies = match (&args.export, &args.receipt) {
        (Some(folder), _) => export(args, folder, trusted, out)?,
        (None, Some(file)) => receipt(args, file, trusted.as_ref(), out)?,
        (None, None) => false,
    };
    out.flush()?;
    Ok(verifies)
}

/// The word that the key is only what the files say of themselves.
fn own_word(args: &VerifyArgs) -> String {
    if args.key.is_some() {
        return String::new();
    }
    say!(
        "（取自文件本身：请与交给您的公钥比对，或指明 --key）",
        " (its own: compare it with the one you were given, or say --key)"
    )
}

fn export(
    args: &VerifyArgs,
    folder: &Path,
    key: Option<VerifierKey>,
    out: &mut impl Write,
) -> Result<bool, VerifyFailure> {
    if folder.is_dir() && ["checkpoint", "tile"].iter().all(|name| !folder.join(name).exists()) {
        return Err(VerifyFailure::NoExport { path: folder.to_owned() });
    }
    let trust = Trust { key, since: args.kept()? };
    let bar = progress_bar(folder.display().to_string());
    let depth = if args.tree { Depth::Tree } else { Depth::Replay };
    let verdict = check(folder, &trust, depth, |progress| show(&bar, progress));
    bar.finish_and_clear();
    let verdict = verdict?;
    match &verdict {
        Ok(ExportCheck { checkpoint, key, lines }) if args.json => {
            let object = json!({
                "export": folder, "verified": true, "origin": checkpoint.origin, "entries": checkpoint.size,
                "lines": lines, "root": hex::encode(checkpoint.root), "key": key.to_string(), "since": trust.since.len(),
                "replayed": !args.tree,
            });
            writeln!(out, "{object:#}")?;
        }
        Ok(ExportCheck { checkpoint, key, lines }) => {
            let own_word = own_word(args);
            writeln!(out, "{}", say!("公钥 {key}{own_word}", "key {key}{own_word}"))?;
            let (origin, size, since) = (&checkpoint.origin, checkpoint.size, trust.since.len());
            let posted = match lines {
                Some(lines) => say!("分录 {lines} 行", "{lines} lines posted"),
                None => say!("未重放", "nothing replayed"),
            };
            let verified = say!(
                "{origin}：{posted}，与 {since} 个较早的检查点相符，已核验日志 {size} 条，无误",
                "{origin}: {posted}, {since} older checkpoints held, verified {size} entries"
            );
            writeln!(out, "{verified}")?;
        }
        Err(damage) if args.json => {
            let object = json!({
                "export": folder, "verified": false, "file": damage.file, "sequence": damage.sequence,
                "message": damage.to_string(),
            });
            writeln!(out, "{object:#}")?;
        }
        Err(damage) => writeln!(out, "{damage}")?,
    }
    Ok(verdict.is_ok())
}

fn receipt(
    args: &VerifyArgs,
    file: &Path,
    key: Option<&VerifierKey>,
    out: &mut impl Write,
) -> Result<bool, VerifyFailure> {
    let text = text(file)?;
    let none = |why: String| VerifyFailure::NoReceipt { path: file.to_owned(), why };
    let read: Receipt = serde_json::from_str(&text).map_err(|error| none(error.to_string()))?;
    let said = match read.check(key) {
        Err(error @ ReceiptError::Format) => return Err(none(error.to_string())),
        said => said.map_err(|error| error.to_string()),
    };
    match &said {
        Ok(proved) if args.json => {
            let (leaf, log) = (&proved.leaf, &proved.checkpoint);
            let object = json!({
                "receipt": file, "verified": true, "origin": log.origin, "sequence": leaf.sequence,
                "command": leaf.command.kind(), "recorded_at": leaf.recorded_at, "entries": log.size,
                "key": proved.key.to_string(),
            });
            writeln!(out, "{object:#}")?;
        }
        Ok(proved) => {
            let (leaf, log) = (&proved.leaf, &proved.checkpoint);
            let (key, own_word) = (&proved.key, own_word(args));
            writeln!(out, "{}", say!("公钥 {key}{own_word}", "key {key}{own_word}"))?;
            let (kind, at) = (leaf.command.kind(), leaf.recorded_at);
            let (origin, sequence, size) = (&log.origin, leaf.sequence, log.size);
            let verified = say!(
                "{origin}：共 {size} 条，第 {sequence} 条核验无误：{kind}，记录于 {at}",
                "{origin}: verified entry {sequence} of {size}: {kind}, recorded at {at}"
            );
            writeln!(out, "{verified}")?;
        }
        Err(why) if args.json => {
            writeln!(out, "{:#}", json!({ "receipt": file, "verified": false, "message": why }))?;
        }
        Err(why) => {
            let file = file.display();
            writeln!(out, "{}", say!("{file} 核验不符：{why}", "{file} does not verify: {why}"))?;
        }
    }
    Ok(said.is_ok())
}
