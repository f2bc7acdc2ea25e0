"""Messages to staff outside the application: e-mail and WhatsApp, without patient data in them."""
