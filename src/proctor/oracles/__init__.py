"""What to assert and whom to blame: assertions from observations, diagnosis of failures, findings with evidence."""
