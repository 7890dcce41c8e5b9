"""A browser's name for itself in the words of who reads their sign-ins."""

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """'Firefox on Linux'; a program that is no browser by how it calls itself."""
    browser = next((words for mark, words in BROWSERS if mark in user_agent), "")
    system = next((words for mark, words in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent.partition(" ")[0][:40] or "an unnamed program"
