"""The REST interface of CloudDNS: revisions of a zone, and sets of changes."""
