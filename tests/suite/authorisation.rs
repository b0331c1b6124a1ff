//! Who may call what, as a file that is reviewed as a diff.

use subsidy_http::routes::authorisation_matrix;

#[test]
fn the_authorisation_matrix_is_what_was_reviewed() {
    insta::assert_snapshot!(authorisation_matrix());
}
