"""One small valid file of every layout, as rows written from its description; no row is a real one.

A layout that refuses all of its files (`Declined`) has none.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from steward.market.vendors.source import Hints


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file of one layout: what it is called, what it holds, what the user says of it."""

    layout: str
    name: str
    data: bytes
    hints: Hints = field(default_factory=Hints)


def _lines(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _zipped(members: Mapping[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _parquet(frame: pl.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.write_parquet(held)
    return held.getvalue()


def _optopsy() -> bytes:
    return _lines(
        "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta",
        *(
            f"SPXW,1001.5,{right},01/31/2018,01/{day:02d}/2018,{strike},{strike / 100 + day},"
            f"{strike / 100 + day + 0.4},0.5"
            for day in (2, 3)
            for strike in (1000, 1005)
            for right in ("call", "put")
        ),
    )


def _ivolatility() -> bytes:
    return _lines(
        "symbol,exchange,company_name,date,stock_price_close,option_symbol,option_expiration,"
        "strike,call/put,style,ask,bid,mean_price,settlement,iv,volume,open_interest,"
        "stock_price_for_iv,forward_price,isinterpolated,delta,vega,gamma,theta,rho",
        *(
            f"SPX,CBOE,S&P 500 Index (SPX),01/{day:02d}/2011,1270,SPX   110122{right}01200000,"
            f"01/21/2011,1200.0,{right},E,{75.5 + day},{74.5 + day},75,0.0,{iv},5,11,1270,1269.5,"
            f"{star},0.9,0.5,0.001,-0.3,0.5"
            for day, iv, star in ((3, "0.2", ""), (4, "-1", "*"), (5, "0.21", "*"))
            for right in "CP"
        ),
    )


def _ivolatility_spaced() -> bytes:
    return _lines(
        "symbol,exchange,date,adjusted close,option symbol,expiration,strike,call/put,style,ask,"
        "bid,mean price,iv,volume,open interest,stock price for iv,*,delta,vega,gamma,theta,rho",
        *(
            f"SPX,CBOE,01/{day:02d}/2011,1270,SPX   110122{right}01200000,01/21/2011,1200.0,"
            f"{right},E,{75.5 + day},{74.5 + day},75,0.2,5,11,1270,,0.9,0.5,0.001,-0.3,0.5"
            for day in (3, 4)
            for right in "CP"
        ),
    )


def _optionsdx() -> bytes:
    return _lines(
        "[QUOTE_UNIXTIME], [QUOTE_READTIME], [QUOTE_DATE], [QUOTE_TIME_HOURS], [UNDERLYING_LAST], "
        "[EXPIRE_DATE], [EXPIRE_UNIX], [DTE], [C_DELTA], [C_GAMMA], [C_VEGA], [C_THETA], [C_RHO], "
        "[C_IV], [C_VOLUME], [C_LAST], [C_SIZE], [C_BID], [C_ASK], [STRIKE], [P_BID], [P_ASK], "
        "[P_SIZE], [P_LAST], [P_DELTA], [P_GAMMA], [P_VEGA], [P_THETA], [P_RHO], [P_IV], "
        "[P_VOLUME], [STRIKE_DISTANCE], [STRIKE_DISTANCE_PCT]",
        *(
            f"1574888400, 2019-11-{day} 16:00, 2019-11-{day}, 16.000000, 1000.5, 2019-12-11, "
            f"1576098000, 14.0, 0.61, 0.004, 0.9, -0.2, 0.1, 0.19, , 30.0, 12 x 340, "
            f"{29.5 + day}, {30.5 + day}, {strike}, 0.0, 0.05, 10x10, 0.1, -1.0, 0.001, -41.4, "
            "-0.1, -0.1, 0.210000, 3.0, 20.5, 0.02"
            for day in (26, 27)
            for strike in (980.0, 985.0)
        ),
    )


DATASHOP_HEADER = (
    "underlying_symbol,quote_date,root,expiration,strike,option_type,open,high,low,close,"
    "trade_volume,bid_size_1545,bid_1545,ask_size_1545,ask_1545,underlying_bid_1545,"
    "underlying_ask_1545,implied_underlying_price_1545,active_underlying_price_1545,"
    "implied_volatility_1545,delta_1545,gamma_1545,theta_1545,vega_1545,rho_1545,bid_size_eod,"
    "bid_eod,ask_size_eod,ask_eod,underlying_bid_eod,underlying_ask_eod,vwap,open_interest,"
    "delivery_code"
)


def _cboe_datashop() -> bytes:
    return _lines(
        DATASHOP_HEADER,
        *(
            f"^SPX,2019-03-{day:02d},SPXW,2019-03-29,{strike}.000,{right},0.0000,0.0000,0.0000,"
            f"0.0000,7,11,{30.1 + day},12,{30.9 + day},1230.0000,1231.0000,1232.2500,1230.5000,"
            f"0.1500,0.5000,0.0040,-0.3000,1.2000,0.4000,21,{31.1 + day},22,{31.9 + day},"
            "1232.0000,1233.0000,0.0000,99,"
            for day in (4, 5)
            for strike in (1234, 1240)
            for right in "CP"
        ),
    )


def _deltaneutral() -> bytes:
    return _lines(
        "underlying,underlying_last, exchange,optionroot,optionext,type,expiration,quotedate,"
        "strike,last,bid,ask,volume,openinterest,impliedvol,delta,gamma,theta,vega,optionalias",
        *(
            f"SPX,1001.5,*,SPX170317{kind[0].upper()}01000000,,{kind},03/17/2017,01/{day:02d}/2017,"
            f"1000,11,{10.5 + day},{10.9 + day},7,70,0.2,0.55,0.004,-90,180,"
            for day in (4, 5)
            for kind in ("call", "put")
        ),
    )


def _historicaloptiondata() -> bytes:
    return _lines(
        "UnderlyingSymbol,UnderlyingPrice,Exchange,OptionSymbol,Blank,Type,Expiration, DataDate,"
        "Strike,Last,Bid,Ask,Volume,OpenInterest,IV,Delta,Gamma,Theta,Vega,Alias",
        *(
            f"SPX,1001.5,*,SPXW250417{kind[0].upper()}01000000,,{kind},04/17/2025,"
            f"03/{day} 16:00,1000,11,{bid},10.9,7,70,0.2,0.55,0.004,-90.5,180.5,"
            for day, bid in (("13/2025", 10.5), ("14/2025", 10.25))
            for kind in ("call", "put")
        ),
    )


def _thetadata() -> bytes:
    return _lines(
        "symbol,expiration,strike,right,created,last_trade,open,high,low,close,volume,count,"
        "bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition",
        *(
            f"SPXW,2024-01-19,{strike}.000,{right},2024-01-{day:02d}T17:15:02.123,"
            f"2024-01-{day:02d}T00:00:00,0.00,0.00,0.00,0.00,0,0,7,5,{80.1 + day},50,12,5,"
            f"{81.0 + day},50"
            for day in (9, 10)
            for strike in (4700, 4705)
            for right in ("CALL", "PUT")
        ),
    )


def _thetadata_2() -> bytes:
    return _lines(
        "root,expiration,strike,right,ms_of_day,ms_of_day2,open,high,low,close,volume,count,"
        "bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition,date",
        *(
            f"SPXW,20240119,4700000,{right},62100000,57000000,0,0,0,0,0,0,7,5,{80.1 + day},50,12,"
            f"5,{81.0 + day},50,202401{day:02d}"
            for day in (9, 10)
            for right in "CP"
        ),
    )


ORATS_HEADER = (
    "ticker,stkPx,expirDate,yte,strike,cVolu,cOi,pVolu,pOi,cBidPx,cValue,cAskPx, pBidPx,pValue,"
    "pAskPx, cBidIv,cMidIv,cAskIv, smoothSmvVol, pBidIv,pMidIv,pAskIv, iRate,divRate, "
    "residualRateData, delta,gamma,theta,vega,rho,phi, driftlessTheta, extVol,extCTheo,extPTheo, "
    "spot_px,trade_date"
)


def _orats(*, symbols: bool) -> bytes:
    header = ORATS_HEADER
    if symbols:
        header = header.replace(" ", "").replace("ticker,", "ticker,cOpra,pOpra,")
    both = "SPXW180126C01000000,SPXW180126P01000000," if symbols else ""
    return _lines(
        header,
        *(
            f"SPX,{both}1001.5,1/26/2018,0.04,{strike},7,70,8,80,{10.5 + day},10.7,{10.9 + day},"
            f"{9.0 + day},9.1,{9.3 + day},0.10,0.11,0.12,0.115,0.10,0.12,0.13,0.01,0.02,0.001,"
            f"0.52,0.004,-0.3,1.1,0.2,-0.2,-0.29,0.11,10.8,9.2,999.0,1/{day}/2018"
            for day in (3, 4)
            for strike in ((1000,) if symbols else (1000, 1005))
        ),
    )


def _optionmetrics() -> bytes:
    return _lines(
        "secid,date,exdate,cp_flag,strike_price,best_bid,best_offer,volume,impl_volatility,"
        "optionid,am_settlement,forward_price,index_flag,issuer,exercise_style",
        *(
            f"108105,201501{day:02d},20150116,{right},1000000,{10.5 + day},{10.9 + day},0,0.2,1,1,"
            "1001.5,1,CBOE,E"
            for day in (5, 6)
            for right in "CP"
        ),
    )


def _cboe_quotedata() -> bytes:
    return _lines(
        "",
        "Standard & Poors 500 Index,Last: 1230.5,Change: 1.5",
        '"Date: February 7, 2023 at 5:34 PM EST",Bid: 1220,Ask: 1240,Size: 1*1,Volume: 0',
        "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,"
        "Puts,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest",
        *(
            f"Fri Mar 10 2023,SPXW230310C0{strike}000,9,0,10.1,10.5,3,0.2,0.51,0.001,40,"
            f"{strike}.00,SPXW230310P0{strike}000,8,0,11.1,11.5,4,0.21,-0.49,0.001,50"
            for strike in (1234, 1240)
        ),
    )


def _cboe_quotetable() -> bytes:
    return _lines(
        "",
        "SPX (S&P 500 INDEX),1230.50,+7.00,",
        "Jan 24 2011 @ 14:03 ET,",
        "Calls,Last Sale,Net,Bid,Ask,Vol,Open Int,Puts,Last Sale,Net,Bid,Ask,Vol,Open Int,",
        *(
            f"11 Feb {strike}.00 (SPX1119B{strike}-E),9.0,0.0,10.10,10.50,3,40,"
            f"11 Feb {strike}.00 (SPX1119N{strike}-E),8.0,-0.5,11.10,11.50,4,50,"
            for strike in (1234, 1240)
        ),
    )


def _cboe_delayed_json() -> bytes:
    options = [
        {
            "option": f"SPXW260619{right}01234000",
            "bid": 9.5,
            "bid_size": 4.0,
            "ask": 10.0,
            "ask_size": 5.0,
            "iv": 0.2,
            "open_interest": 38.0,
            "volume": 6.0,
            "delta": 0.5,
            "gamma": 0.001,
            "vega": 1.1,
            "theta": -0.4,
            "rho": 0.3,
            "theo": 9.7,
            "last_trade_time": "2026-05-20T12:19:37",
        }
        for right in "CP"
    ]
    data = {"symbol": "^SPX", "current_price": 1230.5, "iv30": 19.5, "options": options}
    return json.dumps({"timestamp": "2026-05-20 23:02:44", "data": data}).encode()


def _tradier() -> bytes:
    options = [
        {
            "symbol": f"SPXW250505{kind[0].upper()}05700000",
            "root_symbol": "SPXW",
            "option_type": kind,
            "expiration_date": "2025-05-05",
            "expiration_type": "weeklys",
            "strike": 5700.0,
            "bid": 12.1,
            "ask": 12.4,
            "volume": 70,
            "open_interest": 22,
            "bidsize": 11,
            "asksize": 23,
            "greeks": {
                "delta": 0.4,
                "gamma": 0.005,
                "theta": -3.5,
                "vega": 1.8,
                "rho": 0.1,
                "mid_iv": 0.12,
                "updated_at": "2025-05-01 19:59:55",
            },
        }
        for kind in ("call", "put")
    ]
    return json.dumps({"options": {"option": options}}).encode()


def _databento() -> bytes:
    return _lines(
        "ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size,flags,bid_px_00,"
        "ask_px_00,bid_sz_00,ask_sz_00,bid_pb_00,ask_pb_00,symbol",
        *(
            f"{at},{at},193,30,4711,N,80000000000,1,0,{bid}00000000,81000000000,7,12,30,30,"
            f"SPXW  240119{right}04700000"
            for at, bid in ((1704834060000000000, 800), (1704834120000000000, 801))
            for right in "CP"
        ),
    )


def _massive_quotes() -> bytes:
    return _lines(
        "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sequence_number,"
        "sip_timestamp",
        *(
            f"O:SPXW240119{right}04700000,302,81.0,12,302,{bid},7,123456789,{at}"
            for right in "CP"
            for at, bid in ((1704830400000000000, 79.0), (1704834060000000000, 80.5))
        ),
    )


def _massive_day() -> bytes:
    return _lines(
        "ticker,volume,open,close,high,low,window_start,transactions",
        *(
            f"O:SPXW240119{right}04700000,20,80.5,81.0,82.0,80.0,1704776400000000000,4"
            for right in "CP"
        ),
    )


def _schwab() -> bytes:
    return _lines(
        "id,snapshot_id,expiry,dte,strike,right,bid,ask,mark,last,iv,delta,gamma,theta,vega,"
        "volume,open_interest,intrinsic_value,time_value,side",
        *(
            f"1,2,2026-01-14,1,{strike}.0,P,2.3,2.5,,2.4,18.5,-0.1,0.01,-0.5,0.9,0,0,0.0,,PUT"
            for strike in (6000, 6005)
        ),
    )


def _yahoo() -> bytes:
    return _lines(
        "contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,change,percentChange,volume,"
        "openInterest,impliedVolatility,inTheMoney,contractSize,currency",
        *(
            f"SPXW250919P0{strike}000,2025-08-20 19:00:00+00:00,{strike}.0,9.9,10.1,10.4,0.0,0.0,"
            "3,5,0.21,True,REGULAR,USD"
            for strike in (6000, 6005)
        ),
    )


_LEAN_DAY = "spx_{kind}_european_{right}_47000000_20240119.csv"


def _lean(kind: str, *rows: str) -> bytes:
    return _zipped(
        {_LEAN_DAY.format(kind=kind, right=right): "\n".join(rows) for right in ("call", "put")}
    )


def _bloomberg_vix() -> bytes:
    days = [date(2024, 1, 9), date(2024, 1, 10)]
    return _parquet(
        pl.DataFrame(
            {
                "C20_Bid": [1.0, 1.1],
                "C20_Ask": [1.1, 1.2],
                "C21_Bid": [0.8, None],
                "C21_Ask": [0.9, 1.0],
                "Date": pl.Series(days).cast(pl.Datetime("ns")),
            }
        )
    )


def _vx_by_rank() -> bytes:
    return _parquet(
        pl.DataFrame(
            {
                "date": pl.Series([date(2024, 1, 9), date(2024, 1, 10)]).cast(pl.Datetime("ns")),
                "days_to_expiry": [8, 7],
                "settle": [14.5, 14.25],
                "volume": [10, 11],
                "open_interest": [100, 101],
            }
        )
    )


def _cfe_vx() -> bytes:
    return _lines(
        "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest",
        "2026-01-15,F (Jan 2026),16,17,15.5,16.5,16.5,0.1,64,0,58",
        "2026-01-16,F (Jan 2026),16,17,15.5,16.5,16.6,0.1,64,0,58",
        "2026-01-20,F (Jan 2026),16,17,15.5,16.5,16.7,0.1,64,0,58",
    )


def _fred_json() -> bytes:
    observations = [
        {
            "realtime_start": "2018-02-14",
            "realtime_end": "9999-12-31",
            "date": month,
            "value": value,
        }
        for month, value in (("2017-12-01", "246.5"), ("2018-01-01", "247.9"))
    ]
    said = {"realtime_start": "2018-02-14", "realtime_end": "2018-03-14"}
    return json.dumps({**said, "observations": observations}).encode()


_SPX = Hints(root="SPX")

SAMPLES: Mapping[str, Sample] = {
    one.layout: one
    for one in (
        Sample(layout="optopsy", name="chain.csv", data=_optopsy()),
        Sample(layout="ivolatility", name="raw.csv", data=_ivolatility()),
        Sample(layout="ivolatility_spaced", name="raw.csv", data=_ivolatility_spaced()),
        Sample(layout="optionsdx", name="spx_eod_201911.txt", data=_optionsdx()),
        Sample(layout="cboe_datashop", name="calcs_2019-03-04.csv", data=_cboe_datashop()),
        Sample(layout="deltaneutral", name="options.csv", data=_deltaneutral()),
        Sample(layout="historicaloptiondata", name="l2.csv", data=_historicaloptiondata()),
        Sample(layout="thetadata", name="day.csv", data=_thetadata()),
        Sample(layout="thetadata_2", name="day.csv", data=_thetadata_2()),
        Sample(
            layout="thetadata_open_interest",
            name="interest.csv",
            data=_lines(
                "symbol,expiration,strike,right,timestamp,open_interest",
                "SPXW,2024-01-19,4700.000,CALL,2024-01-09T06:30:00.000,0",
                "SPXW,2024-01-19,4705.000,CALL,2024-01-09T06:30:00.000,55",
                "SPXW,2024-01-19,4705.000,PUT,2024-01-10T06:30:00.000,56",
            ),
        ),
        Sample(layout="orats", name="strikes.csv", data=_orats(symbols=True)),
        Sample(layout="orats_archive", name="strikes_2018.csv", data=_orats(symbols=False)),
        Sample(layout="optionmetrics", name="spx.csv", data=_optionmetrics()),
        Sample(layout="cboe_quotedata", name="spx_quotedata.csv", data=_cboe_quotedata()),
        Sample(layout="cboe_quotetable", name="QuoteData.dat", data=_cboe_quotetable()),
        Sample(layout="cboe_delayed_json", name="_SPX.json", data=_cboe_delayed_json()),
        Sample(layout="tradier", name="spx_2025-05-01.json", data=_tradier()),
        Sample(layout="databento", name="opra.csv", data=_databento()),
        Sample(layout="massive_quotes", name="2024-01-09.csv", data=_massive_quotes()),
        Sample(layout="massive_day", name="2024-01-09.csv", data=_massive_day()),
        Sample(layout="schwab", name="spx_2026-01-13_schwab.csv", data=_schwab()),
        Sample(layout="yahoo", name="spx_2025-08-20.csv", data=_yahoo()),
        Sample(
            layout="lean_quotes",
            name="spx_2024_quote_european.zip",
            data=_lean(
                "quote",
                "20240109 00:00,800000,820000,790000,801000,7,810000,830000,800000,811000,12",
                "20240110 00:00,800000,820000,790000,802000,7,810000,830000,800000,812000,12",
            ),
        ),
        Sample(
            layout="lean_trades",
            name="spx_2024_trade_european.zip",
            data=_lean("trade", "20240109 00:00,800000,820000,790000,801000,7"),
        ),
        Sample(
            layout="lean_open_interest",
            name="spx_2024_openinterest_european.zip",
            data=_lean("openinterest", "20240109 00:00,55"),
        ),
        Sample(
            layout="lean_universe",
            name="20240109.csv",
            data=_lines(
                "#expiry,strike,right,open,high,low,close,volume,open_interest,implied_volatility,"
                "delta,gamma,vega,theta,rho",
                ",,,5000,5010,4990,5005,0,,,,,,,",
                "20240119,4700,C,80.1,81.2,79.0,80.125,55,,0.2,0.5,0.001,1,-1,1",
                "20240119,4700,P,80.1,81.2,79.0,80.125,55,7,0.2,0.5,0.001,1,-1,1",
            ),
            hints=_SPX,
        ),
        Sample(layout="bloomberg_vix", name="vix_options_2024_01.parquet", data=_bloomberg_vix()),
        Sample(layout="vx_by_rank", name="vx1.parquet", data=_vx_by_rank()),
        Sample(layout="cfe_vx", name="VX_2026-01-21.csv", data=_cfe_vx()),
        Sample(
            layout="vx_eight_months",
            name="vx_m1_m8.csv",
            data=_lines(
                ",date,V1,V2,V3,V4,V5,V6,V7,V8".replace("V", "m"),
                "1,2015-01-05,19.5,19.25,19.2,19.1,19,18.9,18.8,18.7",
                "2,2015-01-06,20.5,20.25,20.2,20.1,20,19.9,19.8,NA",
            ),
        ),
        Sample(
            layout="vx_last_months",
            name="front.csv",
            data=_lines(
                "contract,expiry,date,open,high,low,close,settle,volume",
                "UXM04,2004-06-16,2004-06-01,18,18,18,18,18,1",
                "UXM04,2004-06-16,2004-06-02,18,18,17,17.5,17.5,2",
            ),
        ),
        Sample(
            layout="index_bars",
            name="VIX_History.csv",
            data=_lines(
                "DATE,OPEN,HIGH,LOW,CLOSE",
                "02/01/2018,14.000000,15.000000,13.000000,14.250000",
                "02/02/2018,15.000000,16.000000,14.000000,15.250000",
            ),
        ),
        Sample(
            layout="index_closes",
            name="skew_daily.csv",
            data=_lines("date,close", "2018-02-05,160.5", "2018-02-06,161.5"),
        ),
        Sample(
            layout="index_value",
            name="VVIX_History.csv",
            data=_lines("DATE,VVIX", "02/01/2018,90.000000", "02/02/2018,91.000000"),
        ),
        Sample(
            layout="index_wide",
            name="vol.csv",
            data=_lines("date,vix,vix3m,vvix", "2018-02-05,30,28,120", "2018-02-06,31,,121"),
        ),
        Sample(
            layout="etp_as_traded",
            name="vxx_daily.csv",
            data=_lines(
                "date,open,high,low,close,volume,reverse_split_factor_today",
                "2018-02-05,30,31,29,30.5,100,1",
                "2018-02-06,30,31,29,30.25,100,4",
            ),
        ),
        Sample(
            layout="etp_adjusted",
            name="etps.csv",
            data=_lines(
                "date,vxx_adj_close,svxy_adj_close", "2018-02-05,30,40", "2018-02-06,31,41"
            ),
        ),
        Sample(
            layout="fred",
            name="DTB3.csv",
            data=_lines("observation_date,DTB3", "2018-02-05,1.5", "2018-02-06,."),
        ),
        Sample(layout="fred_json", name="CPIAUCNS.json", data=_fred_json()),
        Sample(
            layout="shiller",
            name="shiller.csv",
            data=_lines("date,cape,pe_trailing", "2017-06-01,30.5,24", "2017-07-01,31,25"),
        ),
        Sample(
            layout="breadth",
            name="sp500_breadth_daily.csv",
            data=_lines(
                "date,members,priced,advances,declines,unchanged,pct_above_ma50",
                "2018-02-05,500,499,10,480,9,0.5",
                "2018-02-06,500,499,400,90,9,0.6",
            ),
        ),
        Sample(
            layout="membership",
            name="sp500_members.csv",
            data=_lines(
                "ticker,start_date,end_date", "ABC,2015-01-05,2018-02-05", "DEF,2015-01-05,"
            ),
        ),
        Sample(
            layout="cpi_releases",
            name="cpi.csv",
            data=_lines(
                "release_date,reference_month,release_time_et",
                "2018-02-14,2018-01,08:30",
                "2018-03-13,2018-02,08:30",
            ),
        ),
        Sample(
            layout="fomc",
            name="fomc.csv",
            data=_lines(
                "date_start,date_end,scheduled,source",
                "2018-01-30,2018-01-31,true,calendar",
                "2020-03-17,2020-03-18,cancelled,calendar",
            ),
        ),
        Sample(
            layout="fomc_announcements",
            name="early.csv",
            data=_lines(
                "date,announcement_type,scheduled,unscheduled",
                "1998-09-29,decision,1,0",
                "1998-10-15,decision,0,1",
            ),
        ),
        Sample(
            layout="sessions",
            name="sessions.csv",
            data=_lines(
                "session,close_time_et,early_close", "2018-07-03,13:00,1", "2018-07-05,16:00,0"
            ),
        ),
        Sample(
            layout="news_calendar",
            name="news.csv",
            data=_lines(
                "timestamp_utc,event", "2018-02-14T13:30:00Z,CPI", "2018-02-15T13:30:00Z,Claims"
            ),
        ),
        Sample(
            layout="settlements",
            name="settlements.csv",
            data=_lines(
                "symbol,day,value,source",
                "SET,2018-02-16,2700.5,mine",
                "SPX,2018-02-16,2701,spx_open",
                "VRO,2018-02-14,20.5,",
            ),
        ),
    )
}
