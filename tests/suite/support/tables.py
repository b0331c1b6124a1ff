"""Opens every exported table with DuckDB, as CSV and as Parquet, and answers each account's debit, credit and balance."""
import glob, json, os, sys
import duckdb

folder = sys.argv[1]
db = duckdb.connect()
for path in glob.glob(os.path.join(folder, "*.parquet")):
    name = os.path.basename(path)[: -len(".parquet")]
    db.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
    csv = path[: -len("parquet")] + "csv"
    rows = lambda source: db.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
    assert rows(name) == rows(f"read_csv('{csv}', header=true, all_varchar=true)"), name

kinds = {row[0]: row[1] for row in db.execute("DESCRIBE GL_Details").fetchall()}
assert kinds["Debit_Amount"] == "DECIMAL(38,2)", kinds
assert kinds["Effective_Date"] == "DATE" and kinds["Entered_Date"] == "TIMESTAMP WITH TIME ZONE", kinds

# every line's account, period, project, user and party stands in its own table
for column, table, key in [
    ("Account_Number", "BAS_Chart_Of_Accounts", "Account_Number"),
    ("Accounting_Period", "BAS_Accounting_Period", "Accounting_Period"),
    ("Project_ID", "BAS_Project", "Project_ID"),
    ("Entered_By", "BAS_User", "User_ID"),
    ("Journal_Entry_Type", "BAS_Journal_Entry_Type", "Journal_Entry_Type"),
    ("Supplier_Account_ID", "BAS_Supplier", "Supplier_Account_ID"),
]:
    orphans = db.execute(
        f"SELECT count(*) FROM GL_Details WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {table})"
    ).fetchone()[0]
    assert orphans == 0, column

# a period's movements are the journal's, and each balance carries on where the one before it ended
wrong = db.execute("""
    SELECT count(*) FROM (SELECT Account_Number, Project_ID, Accounting_Period, sum(Debit_Amount) AS d, sum(Credit_Amount) AS c
        FROM GL_Details GROUP BY ALL) AS j
    FULL JOIN (SELECT * FROM GL_Accounts_Period_Balance WHERE Debit_Amount <> 0 OR Credit_Amount <> 0) AS b
        USING (Account_Number, Project_ID, Accounting_Period)
    WHERE coalesce(j.d, 0) <> coalesce(b.Debit_Amount, -1) OR coalesce(j.c, 0) <> coalesce(b.Credit_Amount, -1)""").fetchone()[0]
assert wrong == 0
broken = db.execute("""
    SELECT count(*) FROM (SELECT Beginning_Balance, lag(Ending_Balance, 1, 0) OVER (
        PARTITION BY Account_Number, Project_ID ORDER BY Accounting_Period) AS before FROM GL_Accounts_Period_Balance)
    WHERE Beginning_Balance <> before""").fetchone()[0]
assert broken == 0

found = db.execute("""
    SELECT a.Account_Number, coalesce(sum(d.Debit_Amount), 0)::DECIMAL(38,2), coalesce(sum(d.Credit_Amount), 0)::DECIMAL(38,2),
        a.Balance_Side
      FROM BAS_Chart_Of_Accounts AS a LEFT JOIN GL_Details AS d USING (Account_Number) GROUP BY ALL""").fetchall()
print(json.dumps({
    account: [str(debit), str(credit), str(debit - credit if side == "debit" else credit - debit)]
    for account, debit, credit, side in found
}))
