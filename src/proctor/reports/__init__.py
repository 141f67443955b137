"""What a run tells: records in, text out."""
