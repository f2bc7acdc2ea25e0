"""The one address of the embedded project: REST, Auth, Storage, Realtime and Functions."""
