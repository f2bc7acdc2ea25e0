"""A Supabase project that needs no Docker: real PostgreSQL and PostgREST behind a small gateway."""
