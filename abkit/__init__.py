"""abkit: what does a calibrated text classifier change for the customers of a chatbot?"""

__version__ = "0.1.0"
