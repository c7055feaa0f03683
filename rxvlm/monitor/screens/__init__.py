"""The screens of the monitor, on Textual. Nothing else imports Textual."""
