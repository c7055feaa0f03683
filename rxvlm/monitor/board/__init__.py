"""What a monitor knows at a moment: answers, events, stage times and a log, without any screen."""
