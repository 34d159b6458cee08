"""files of stock and master data"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('stock_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('stock', 'skus', 'bins', 'layouts', name='importkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('filename', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('state', sa.Enum('examining', 'ready', 'applying', 'done', 'cancelled', 'failed', name='importstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('uploaded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('uploaded_by', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('confirmed_by', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('confirmer_id', sa.Integer(), nullable=True),
    sa.Column('finished_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('unused', sa.JSON(), nullable=False),
    sa.Column('problem', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('problem_values', sa.JSON(), nullable=False),
    sa.Column('examined_to', sa.Integer(), nullable=False),
    sa.Column('applied_to', sa.Integer(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('to_make', sa.Integer(), nullable=False),
    sa.Column('to_change', sa.Integer(), nullable=False),
    sa.Column('same', sa.Integer(), nullable=False),
    sa.Column('bad', sa.Integer(), nullable=False),
    sa.Column('units_in', sa.BigInteger(), nullable=False),
    sa.Column('units_out', sa.BigInteger(), nullable=False),
    sa.Column('made', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['confirmer_id'], ['user_account.id'], name=op.f('fk_stock_import_confirmer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_import'))
    )
    with op.batch_alter_table('stock_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stock_import_digest'), ['digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_stock_import_state'), ['state'], unique=False)

    op.create_table('stock_import_file',
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['stock_import.id'], name=op.f('fk_stock_import_file_import_id')),
    sa.PrimaryKeyConstraint('import_id', name=op.f('pk_stock_import_file'))
    )
    op.create_table('stock_import_key',
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['stock_import.id'], name=op.f('fk_stock_import_key_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'key', name=op.f('pk_stock_import_key'))
    )
    op.create_table('stock_import_row',
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.Column('outcome', sa.Enum('make', 'change', 'same', 'bad', 'refused', name='outcome', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('label', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('column', sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['stock_import.id'], name=op.f('fk_stock_import_row_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'number', name=op.f('pk_stock_import_row'))
    )
    with op.batch_alter_table('stock_import_row', schema=None) as batch_op:
        batch_op.create_index('ix_stock_import_row_outcome', ['import_id', 'outcome'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('stock_import_row', schema=None) as batch_op:
        batch_op.drop_index('ix_stock_import_row_outcome')

    op.drop_table('stock_import_row')
    op.drop_table('stock_import_key')
    op.drop_table('stock_import_file')
    with op.batch_alter_table('stock_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stock_import_state'))
        batch_op.drop_index(batch_op.f('ix_stock_import_digest'))

    op.drop_table('stock_import')
