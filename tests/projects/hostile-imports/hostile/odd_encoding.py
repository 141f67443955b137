# -*- coding: rot13 -*-
qrs qbhoyr(ahzore):
    erghea 2 * ahzore
