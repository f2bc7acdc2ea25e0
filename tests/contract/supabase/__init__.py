"""The contract between this project and any Supabase: what the official clients must find.

By default the embedded project is tested. With these variables the same tests judge another one,
`supabase start` or hosted: SUPABASE_URL, SUPABASE_ANON_KEY, SUPABASE_SERVICE_KEY, SUPABASE_DB_URL.
They create a table, a bucket and some accounts of their own, and remove them again.
"""
