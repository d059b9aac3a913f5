"""What leaves the window: notices written with the event, then mails, webhooks, feeds; and what reached nobody."""
