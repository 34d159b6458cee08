from flask import Blueprint

bp = Blueprint("packing", __name__)
