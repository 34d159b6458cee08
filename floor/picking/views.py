from flask import Blueprint

bp = Blueprint("picking", __name__)
