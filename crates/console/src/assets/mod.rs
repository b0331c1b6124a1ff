//! Stylesheet, script and icon, in the program. Their address names their digest, so that a browser keeps them for
//! ever and takes new ones at once.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A file, and what its bytes are.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "console.css",
        media_type: "text/css; charset=utf-8",
        bytes: include_bytes!("console.css"),
    },
    Asset {
        name: "console.js",
        media_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("console.js"),
    },
    Asset { name: "icon.svg", media_type: "image/svg+xml", bytes: include_bytes!("icon.svg") },
];

/// The addresses, in the order of the files.
static ADDRESSES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let address = |asset: &Asset| {
        let digest: Vec<u8> = Sha256::digest(asset.bytes).iter().copied().take(12).collect();
        format!("/assets/{}/{}", URL_SAFE_NO_PAD.encode(digest), asset.name)
    };
    ASSETS.iter().map(address).collect()
});

/// Where a page finds a file.
pub fn href(name: &str) -> String {
    let found = ASSETS.iter().zip(ADDRESSES.iter()).find(|(asset, _)| asset.name == name);
    found.map(|(_, address)| address.clone()).unwrap_or_default()
}

/// Answers with a file. An older page may still ask under an older digest: it is given what there is, not to be kept.
pub async fn serve(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (_, name) = path.into_inner();
    let found = ASSETS.iter().zip(ADDRESSES.iter()).find(|(asset, _)| asset.name == name);
    let Some((asset, address)) = found else { return HttpResponse::NotFound().finish() };
    let kept = if request.path() == address { "public, max-age=31536000, immutable" } else { "no-store" };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, asset.media_type))
        .insert_header((header::CACHE_CONTROL, kept))
        .body(asset.bytes)
}

/// What browsers ask for on pages that are not the console's own.
pub async fn icon() -> HttpResponse {
    let icon = ASSETS.iter().find(|asset| asset.name == "icon.svg");
    let Some(icon) = icon else { return HttpResponse::NotFound().finish() };
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, icon.media_type)).body(icon.bytes)
}
