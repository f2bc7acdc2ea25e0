"""`/realtime/v1`: changes of tables from logical decoding, and broadcast."""
