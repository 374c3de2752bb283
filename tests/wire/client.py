#!/usr/bin/env python3
"""A client of the sync protocol, written from docs/SYNC.md and nothing else.

It knows no Automerge: it carries change bytes that somebody else made, sends them, fetches them as
another device, and continues transfers that it cuts itself. It uses what Python brings along.

    client.py SERVER CODE_A CODE_B

SERVER is an address, CODE_A and CODE_B are enrolment codes of two people. It prints the id of the first
device, and reads that device's changes from standard input: lines "record audience change", hexadecimal.
"""
import hashlib
import http.client
import os
import sys
import time
import urllib.parse
import zlib

MEDIA = 'application/vnd.kardakar.sync'
PART = 32 << 10
BLOCKS, TRANSFERS, UNKNOWN = 1, 2, 99


# ---- CBOR (RFC 8949): the subset that the protocol uses ----

def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for size, mark in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | mark]) + number.to_bytes(size, 'big')
    raise ValueError(number)


def dumps(value):
    if value is None:
        return b'\xf6'
    if isinstance(value, bool):
        return b'\xf5' if value else b'\xf4'
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(4, len(value)) + b''.join(map(dumps, value))


def loads(data, at=0):
    major, mark = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[mark], at
    if mark < 24:
        number = mark
    else:
        size = 1 << mark - 24
        number = int.from_bytes(data[at:at + size], 'big')
        at += size
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        raw = data[at:at + number]
        return (raw if major == 2 else raw.decode()), at + number
    assert major == 4, 'only arrays'
    items = []
    for _ in range(number):
        item, at = loads(data, at)
        items.append(item)
    return items, at


def encode(message):
    plain = dumps(message)
    if len(plain) < 96:
        return b'\x00' + plain
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b'\x01' + deflate.compress(plain) + deflate.flush()


def decode(data):
    plain = data[1:] if data[0] == 0 else zlib.decompress(data[1:], -15)
    return loads(plain)[0]


def field(message, at):
    return message[at] if at < len(message) else None


# ---- blocks of changes ----

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        taken = self.data[self.at:self.at + count]
        assert len(taken) == count, 'the block ends early'
        self.at += count
        return taken

    def number(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def slice(self):
        return self.take(self.number())


def number(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    out = bytearray()
    while True:
        byte = value & 127
        value >>= 7
        if (value == 0 and not byte & 64) or (value == -1 and byte & 64):
            out.append(byte)
            return bytes(out)
        out.append(byte | 128)


def runs(items, put):
    out, at = b'', 0
    while at < len(items):
        end = at
        while end < len(items) and items[end] == items[at]:
            end += 1
        if items[at] is None:
            if end - at == len(items):
                return out
            out += b'\x00' + number(end - at)
        elif end - at > 1:
            out += signed(end - at) + put(items[at])
        else:
            while end < len(items) and items[end] is not None and not (
                    end + 1 < len(items) and items[end + 1] == items[end]):
                end += 1
            out += signed(at - end) + b''.join(map(put, items[at:end]))
        at = end
    return out


def change(front, columns, tail):
    body = front + number(len(columns))
    body += b''.join(number(kind) + number(len(column)) for kind, column in columns)
    body += b''.join(column for _, column in columns) + tail
    framed = b'\x01' + number(len(body)) + body
    return b'\x85\x6f\x4a\x83' + hashlib.sha256(framed).digest()[:4] + framed


def take_front(reader):
    start = reader.at
    reader.take(32 * reader.number())
    reader.slice()
    for _ in range(3):
        while reader.take(1)[0] >= 128:
            pass
    reader.slice()
    for _ in range(reader.number()):
        reader.slice()
    return reader.data[start:reader.at]


class Keys:
    def __init__(self, symbols, names, references, items):
        self.symbols, self.names = Reader(symbols), Reader(names)
        self.references, self.items = Reader(references), Reader(items)
        self.bases, self.followers, self.recent = [], {}, []

    def change(self):
        before, keys = None, []
        for _ in range(self.symbols.number()):
            symbol = self.symbols.take(1)[0]
            base = self.followers[before][symbol - 1] if symbol else self.named()
            follow = self.followers.setdefault(before, [])
            if base in follow:
                follow.remove(base)
            follow.insert(0, base)
            del follow[254:]
            before = base
            keys.append((base, self.with_items(self.bases[base])))
        return keys

    def named(self):
        known = self.names.number()
        if known:
            return known - 1
        length = self.names.number()
        self.bases.append(self.names.take(length - 1) if length else None)
        return len(self.bases) - 1

    def with_items(self, name):
        if name is None:
            return None
        key = bytearray()
        for byte in name:
            key.append(byte)
            if byte in b'#[':
                place = self.references.number()
                item = self.recent[place - 1] if place else self.items.slice()
                if item in self.recent:
                    self.recent.remove(item)
                self.recent.insert(0, item)
                del self.recent[255:]
                key += item
        return bytes(key)


def unpack(block):
    """The documents of a block: [record, audience, [change, ...]]."""
    outer = Reader(block)
    (documents, ids, fronts, columns, symbols, names, references, items, lengths, values,
     opaque) = [outer.slice() for _ in range(11)]
    plain = {outer.number(): Reader(outer.slice()) for _ in range(outer.number())}
    check = outer.take(8)
    documents, ids, fronts = Reader(documents), Reader(ids), Reader(fronts)
    columns, opaque = Reader(columns), Reader(opaque)
    keys = Keys(symbols, names, references, items)
    found, pending = [], []
    for _ in range(documents.number()):
        mark = documents.take(1)[0]
        count = documents.number()
        record = found[-1][0] if mark & 2 else ids.take(16)
        found.append([record, mark & 1, []])
        for _ in range(count):
            mode = documents.take(1)[0]
            if mode == 0:
                pending.append((found[-1], mode, opaque.slice(), None, None, None))
                continue
            front = take_front(fronts)
            own = []
            for _ in range(columns.number()):
                kind = columns.number()
                if mode == 2 and kind in (21, 86, 87):
                    own.append([kind, b''])
                else:
                    own.append([kind, plain[kind].take(columns.number())])
            tail = columns.slice()
            pending.append((found[-1], mode, front, own, tail, keys.change() if mode == 2 else None))
    counts = [0] * len(keys.bases)
    for entry in pending:
        for base, _ in entry[5] or []:
            counts[base] += 1
    lengths, values = Reader(lengths), Reader(values)
    queues = []
    for count in counts:
        metas = [lengths.number() for _ in range(count)]
        queues.append([iter(metas), Reader(values.take(sum(meta >> 4 for meta in metas)))])
    for document, mode, front, own, tail, named in pending:
        if mode == 0:
            document[2].append(front)
            continue
        if mode == 2:
            metas, raw = [], b''
            for base, key in named:
                meta = next(queues[base][0])
                value = queues[base][1].take(meta >> 4)
                if key == b'#id' and len(value) == 16:
                    value = bytes(a ^ b for a, b in zip(value, document[0]))
                metas.append(meta)
                raw += value
            made = {21: runs([key for _, key in named], lambda key: number(len(key)) + key),
                    86: runs(metas, number), 87: raw}
            own = [[kind, made.get(kind, column)] for kind, column in own]
        document[2].append(change(front, own, tail))
    digest = hashlib.sha256()
    for record, audience, changes in found:
        digest.update(record + bytes([audience]))
        for one in changes:
            digest.update(hashlib.sha256(one).digest())
    assert digest.digest()[:8] == check, 'the block is damaged'
    return found


def pack(documents):
    """The least block that a writer can make: every change as it is."""
    part = lambda data: number(len(data)) + data
    heads, ids, opaque, before = number(len(documents)), b'', b'', None
    digest = hashlib.sha256()
    for record, audience, changes in documents:
        heads += bytes([audience + 2 * (record == before)]) + number(len(changes)) + bytes(len(changes))
        ids += b'' if record == before else record
        opaque += b''.join(map(part, changes))
        digest.update(record + bytes([audience]))
        for one in changes:
            digest.update(hashlib.sha256(one).digest())
        before = record
    return part(heads) + part(ids) + bytes(8) + part(opaque) + number(0) + digest.digest()[:8]


# ---- a device ----

class Device:
    def __init__(self, server, code):
        address = urllib.parse.urlsplit(server)
        self.host, self.port = address.hostname, address.port
        status, answer = self.post('/api/enrol', encode([code, 'python', 'client.py']))
        assert status == 200, (status, answer)
        answer = decode(answer)
        self.id, self.token = answer[0], answer[1].hex()
        self.forms = [form[0] for form in answer[3]]
        self.protocol = field(answer, 4) or 1
        self.epoch, self.cursor, self.ticket, self.directory = None, 0, None, answer[2][0]
        self.store, self.session = os.urandom(8), os.urandom(8)
        self.abilities = [[0, 1], [1, 2], [BLOCKS, TRANSFERS, UNKNOWN], 4 << 20]
        self.sent_bytes = 0

    def post(self, path, body, cut=None):
        """Sends; with `cut` only so many bytes of the body, and then the connection ends."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.putrequest('POST', path)
        connection.putheader('content-type', MEDIA)
        connection.putheader('content-length', str(len(body)))
        if getattr(self, 'token', None):
            connection.putheader('authorization', 'Bearer ' + self.token)
        connection.endheaders()
        connection.send(body if cut is None else body[:cut])
        self.sent_bytes = getattr(self, 'sent_bytes', 0) + (len(body) if cut is None else cut)
        if cut is not None:
            connection.close()
            return None, b''
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, answer

    def request(self, push, block=None, further=()):
        return encode([2, self.epoch, self.store, self.cursor, push, self.forms, 0, 'client.py', 0,
                       self.directory, 1, block, self.ticket, self.session, self.abilities, *further])

    def take(self, answer):
        message = decode(answer)
        # Of what this client can do the server uses what it knows.
        encodings, forms, features, page = field(message, 15)
        assert encodings == [0, 1] and forms == [1, 2] and page == self.abilities[3]
        assert features == [of for of in self.abilities[2] if of < 99]
        self.epoch, self.cursor = message[1], message[2]
        self.ticket = field(message, 13)
        if message[7]:
            self.directory = message[7][0]
        packed = field(message, 9)
        return message, unpack(packed) if packed else message[5]

    def sync(self, push=(), **more):
        status, answer = self.post('/api/sync', self.request(list(push), **more))
        assert status == 200, (status, answer)
        return self.take(answer)

    def kept(self, path, sent):
        """How much has arrived. A server sees that a connection ended some time after it did."""
        until = time.monotonic() + 30
        while True:
            status, answer = self.post(path, b'')
            assert status == 202, (status, answer)
            at = decode(answer)[0]
            if at >= sent:
                return at
            assert time.monotonic() < until, f'{at} bytes are kept after {sent} were sent'
            time.sleep(0.02)

    def sync_with_cuts(self, push, cuts):
        """A large request, cut at the given places, then continued."""
        body = self.request(list(push))
        name = hashlib.sha256(body).digest()[:16].hex()
        path = lambda at, start: f'/api/sync/{name}?size={len(body)}&at={at}&from={start}'
        at = 0
        for cut in cuts:
            self.post(path(at, 0), body[at:], cut=cut)
            at = self.kept(path(len(body), 0), cut)
        status, answer = self.post(path(at, 0), body[at:])
        assert status == 200, (status, answer)
        # The same answer again, from its middle.
        half = len(answer) // 2
        status, rest = self.post(path(len(body), half), b'')
        assert (status, rest) == (200, answer[half:])
        return len(body), self.take(answer)


def main(server, code_a, code_b):
    first, second = Device(server, code_a), Device(server, code_b)
    assert first.protocol >= 2
    # The second client reads no blocks, and small pages.
    second.abilities = [[0, 1], [1, 2], [TRANSFERS], 64 << 10]
    print(first.id.hex(), flush=True)
    documents = {}
    for line in sys.stdin:
        record, audience, raw = line.split()
        key = (bytes.fromhex(record), int(audience))
        documents.setdefault(key, []).append(bytes.fromhex(raw))
    push = [[record, audience, changes] for (record, audience), changes in documents.items()]
    few, many = push[:3], push[3:]

    message, pulled = first.sync(few)
    assert message[4] == [] and pulled == []
    # Sent twice changes nothing.
    message, _ = first.sync(few)
    assert message[4] == []

    # Nor does it in a block, in a request with entries of the future.
    message, _ = first.sync(block=pack(few), further=[None, 'unknown', [7, [b'']]])
    assert message[4] == []

    # A change that was damaged on the way to here is no change.
    record, audience, changes = few[0]
    damaged = changes[-1][:-1] + bytes([changes[-1][-1] ^ 1])
    message, _ = first.sync([[record, audience, changes + [damaged]]])
    assert [refused[:4] for refused in message[4]] == [[0, len(changes), 'malformed', True]], message[4]

    # The response to a small request is not kept: who lacks its end is told to begin anew.
    body = first.request(few)
    name = hashlib.sha256(body).digest()[:16].hex()
    status, answer = first.post(f'/api/sync/{name}?size={len(body)}&at={len(body)}&from=5', b'')
    assert (status, decode(answer)) == (202, [0]), (status, answer)

    first.sent_bytes = 0
    size, (message, _) = first.sync_with_cuts(many, [40_000, 20_000, 1])
    assert message[4] == []
    # What the server had not put away when it was asked is sent again: less than a part.
    again = first.sent_bytes - size
    assert size > 3 * PART and 0 <= again < PART, (size, again)

    received, pages = {}, 0
    while True:
        message, pulled = second.sync()
        assert field(message, 9) is None
        pages += 1
        for record, audience, changes in pulled:
            received.setdefault((record, audience), []).extend(changes)
        if not message[3]:
            break
    assert received == documents, 'another device is sent other bytes'
    assert pages > 2, 'pages are as large as the server likes'

    message, _ = second.sync(few)
    assert message[4] == [], 'what the server has already is passed over, whoever sends it'
    print(f'{len(documents)} documents up and down; {size} bytes in four pieces, {again} of them twice')


if __name__ == '__main__':
    main(*sys.argv[1:])
