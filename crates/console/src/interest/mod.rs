//! Interest subsidies before there is a claim: what one would come to, and claims for all loans of which the interest of
//! some days is confirmed.

mod quote;
mod run;

pub use quote::show as quote;
pub use run::show as run;
