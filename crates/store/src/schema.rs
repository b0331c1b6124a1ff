//! The tables as diesel's queries know them: of each the columns that queries compare, order by or join. A test holds
//! them to `migrations/catalogue.txt`. What a row has beside them, `rows!` says.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! { audit_notes (id) { id -> Uuid, about -> Text, created -> Int8, } }
table! { applications (id) { id -> Uuid, call -> Uuid, programme -> Text, organisation -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { awards (id) { id -> Uuid, call -> Uuid, rank -> Int4, programme -> Text, organisation -> Text, status -> Text, published_until -> Nullable<Date>, created -> Int8, updated_at -> Timestamptz, } }
table! { budget_changes (id) { id -> Uuid, programme -> Text, status -> Text, created -> Int8, } }
table! { statutory_limits (id) { id -> Uuid, status -> Text, created -> Int8, } }
table! { cap_groups (code) { code -> Text, status -> Text, created -> Int8, } }
table! { calendar_changes (id) { id -> Uuid, status -> Text, document -> Text, created -> Int8, } }
table! { calendar_days (date) { date -> Date, kind -> Text, calendar -> Uuid, } }
table! { calls (id) { id -> Uuid, programme -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { claims (id) { id -> Uuid, programme -> Text, organisation -> Text, provider -> Text, buyer -> Nullable<Text>, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { evidence (id) { id -> Uuid, kind -> Text, organisation -> Text, invoice_code -> Nullable<Text>, invoice_number -> Nullable<Text>, created -> Int8, } }
table! { loans (id) { id -> Uuid, organisation -> Text, bank -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { objections (id) { id -> Uuid, claim -> Uuid, created_by -> Text, created -> Int8, } }
table! { organisations (credit_code) { credit_code -> Text, name -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { payment_batches (id) { id -> Uuid, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { payment_lines (batch, claim) { batch -> Uuid, claim -> Uuid, } }
table! { periods (month) { month -> Text, } }
table! { prefund_years (programme, bank, fiscal_year) { programme -> Text, bank -> Text, fiscal_year -> Int2, created -> Int8, } }
table! { prefunds (id) { id -> Uuid, programme -> Text, bank -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { programmes (code) { code -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { rankings (id) { id -> Uuid, programme -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { recalculations (claim, number) { claim -> Uuid, number -> Int4, created -> Int8, } }
table! { recoveries (id) { id -> Uuid, programme -> Text, organisation -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { reference_rates (name_fold, date) { name_fold -> Text, date -> Date, created -> Int8, } }
table! { reminders (task) { task -> Text, told_on -> Date, created -> Int8, } }
table! { rentals (id) { id -> Uuid, organisation -> Text, provider -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { reversals (sequence) { sequence -> Int8, status -> Text, reversed_by -> Nullable<Int8>, created -> Int8, } }
table! { role_grants (id) { id -> Uuid, status -> Text, subject -> Text, role -> Text, created -> Int8, } }
table! { rules_versions (programme, number) { programme -> Text, number -> Int4, } }
table! { tag_imports (id) { id -> Uuid, status -> Text, created -> Int8, } }
table! { tags (id) { id -> Uuid, tag -> Text, subject -> Text, valid_from -> Date, valid_until -> Nullable<Date>, line -> Int4, status -> Text, created -> Int8, } }
table! { true_ups (id) { id -> Uuid, programme -> Text, bank -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }
table! { usage_imports (id) { id -> Uuid, rental -> Uuid, created -> Int8, } }
table! { usage_rows (import, row) { import -> Uuid, row -> Int4, } }
table! { vouchers (id) { id -> Uuid, programme -> Text, organisation -> Text, provider -> Text, status -> Text, created -> Int8, updated_at -> Timestamptz, } }

joinable!(calendar_days -> calendar_changes (calendar));
allow_tables_to_appear_in_same_query!(calendar_changes, calendar_days);
allow_tables_to_appear_in_same_query!(organisations, rentals);
