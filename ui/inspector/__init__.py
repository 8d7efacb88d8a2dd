"""Forms made from declarations: the inspector, the editors behind the chips, the help pages."""

from ui.inspector.data_editor import DataEditor
from ui.inspector.device_editor import DeviceEditor
from ui.inspector.drafts import commit_focused
from ui.inspector.help_page import HelpPage, show_help
from ui.inspector.inspector import Inspector
from ui.inspector.recipe_editor import RecipeEditor
from ui.inspector.words import chip_text_data, chip_text_device, chip_text_recipe

__all__ = [
    "DataEditor",
    "DeviceEditor",
    "HelpPage",
    "Inspector",
    "RecipeEditor",
    "chip_text_data",
    "chip_text_device",
    "chip_text_recipe",
    "commit_focused",
    "show_help",
]
