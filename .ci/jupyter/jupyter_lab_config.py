"""JupyterLab for `make lab`: works without a network and asks nobody for news."""

c = get_config()  # noqa: F821  Jupyter runs this file with it
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
