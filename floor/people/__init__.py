"""People: who works here, their badge and PIN, and the sessions they hold on devices."""
