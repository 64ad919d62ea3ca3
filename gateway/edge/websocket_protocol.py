"""This module is in charge of the frames of a WebSocket that are no text: the socket is closed with a reason, and the log has no trace of it."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

NOT_UTF8: Final = "A text frame has to be UTF-8"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which closes without a reason, and takes what a client sent for a failure of its own."""

    def send_receive_event_to_app(self) -> None:
        """Hand a message on, whole, unless it is a text that is none."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not self._is_text():
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA, NOT_UTF8)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def _is_text(self) -> bool:
        whole = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        try:
            whole.decode()
        except UnicodeDecodeError:
            return False
        return True
