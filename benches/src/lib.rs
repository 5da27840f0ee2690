// SPDX-License-Identifier: Apache-2.0
//! TraceCore tested from outside: see the files beside this folder.
